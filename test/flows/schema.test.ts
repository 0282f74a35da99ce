// A worker that is deployed before its migrations: says so, breaks nothing, and serves as soon as they are applied.
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { migrationNames } from '../../src/db/migrations.ts'
import { migrate } from '../../tools/dev/migrate.ts'
import { createDatabase } from '../../tools/dev/postgres.ts'
import { inProject } from '../../tools/dev/project.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, newEmail, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const all = readdirSync(inProject('migrations')).toSorted()
const folder = mkdtempSync(join(tmpdir(), 'portcullis-migrations-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A gateway on the schema that the first migrations make. */
async function gatewayAfter(count: number): Promise<TestGateway> {
  const directory = join(folder, String(count))
  for (const name of all.slice(0, count)) cpSync(inProject('migrations', name), join(directory, name))
  const databaseUrl = await createDatabase(inject('adminUrl'), `schema_${randomBytes(6).toString('hex')}`)
  if (count > 0) await migrate(databaseUrl, { directory })
  return startGateway({ databaseUrl })
}

async function ready(gateway: TestGateway): Promise<unknown[]> {
  const answer = await fetch(`${gateway.url}/readyz`)
  return [answer.status, ((await answer.json()) as { code: string }).code]
}

/** What people do; none of it is a fault of the worker's own. */
async function statuses(gateway: TestGateway): Promise<number[]> {
  const visitor = newVisitor(gateway)
  visitor.cookies.set('__Host-portcullis', `eu-1.018f3c5e-7b1a-7cc0-b1f5-000000000001.${'A'.repeat(43)}`)
  const [email, password] = [newEmail(), goodPassword]
  const answers = [
    await visitor.send('GET', '/private'),
    await newVisitor(gateway).send('GET', '/public/x'),
    await newVisitor(gateway).send('GET', '/auth/login'),
    await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password }),
    await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password }),
    await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email }),
  ]
  return answers.map(({ status }) => status)
}

it('names every migration there is', () => {
  expect(migrationNames).toEqual(all)
})

describe('a worker on a schema that misses', () => {
  it.each([
    ['the newest migration', all.length - 1],
    ['everything after the second', 2],
    ['everything', 0],
  ])('%s says so, answers nothing with a fault, and serves without a restart once it is there', async (_, count) => {
    const gateway = await gatewayAfter(count)
    try {
      expect(await ready(gateway)).toEqual([503, 'schema_behind'])
      const before = await statuses(gateway)
      expect(before.filter((status) => status === 500)).toEqual([])
      expect(before.slice(1, 3)).toEqual([200, 200])
      await migrate(gateway.databaseUrl)
      expect(await ready(gateway)).toEqual([200, 'ready'])
      const { visitor } = await newPerson(gateway)
      expect((await visitor.send('GET', '/private')).status).toBe(200)
    } finally {
      await gateway.stop()
    }
  })
})

describe('a worker on a schema that has more', () => {
  it('is ready', async () => {
    const gateway = await gatewayAfter(all.length)
    try {
      await gateway.sql(`insert into portcullis_migrations values ('9999_of_a_later_worker.sql', 'x', now())`)
      expect(await ready(gateway)).toEqual([200, 'ready'])
    } finally {
      await gateway.stop()
    }
  })
})
