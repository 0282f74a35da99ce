import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNeonDatabase } from '../../src/db/neon.ts'
import { cleanUp } from '../../src/sessions/clean-up.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ bindings: { METRICS_TOKEN: 'a-token-of-the-test' } })
})
afterAll(() => gateway.stop())

describe('the health of the gateway', () => {
  it.each([
    ['/healthz', { status: 'alive' }],
    ['/readyz', { status: 'ready', code: 'ready' }],
  ])('%s answers', async (path, body) => {
    const answer = await fetch(gateway.url + path)
    expect([answer.status, await answer.json()]).toEqual([200, body])
  })

  it.each(['/healthz/', '/healthz?x', '/x/healthz', '/HEALTHZ'])('%s belongs to the site', async (path) => {
    const answer = await newVisitor(gateway).send('GET', path)
    expect(answer.status).toBe(401)
  })

  it('metrics are for the holder of the token', async () => {
    const ask = (headers: Record<string, string>) => fetch(`${gateway.url}/auth/metrics`, { headers })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ authorization: 'Bearer a-token-of-the-tesu' })).status).toBe(401)
    const answer = await ask({ authorization: 'Bearer a-token-of-the-test' })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toMatch(/^portcullis_database_queries_total [1-9]\d*$/m)
  })
})

describe('the daily clean-up', () => {
  it('removes what has expired or ended long ago, and nothing else', async () => {
    const { userId } = await newPerson(gateway)
    const session = (sets: string): Promise<unknown> =>
      gateway.sql(
        `insert into sessions (id, user_id, secret_hash, amr, aal, auth_time, expires_at, ended_at)
         values ($1, $2, 'x', '{pwd}', 1, now(), ${sets})`,
        [randomUUID(), userId],
      )
    for (let count = 0; count < 12; count += 1) await session(`now() - interval '1 second', null`)
    await session(`now() + interval '1 day', now() - interval '91 days'`)
    await session(`now() + interval '1 day', now() - interval '89 days'`)
    await session(`now() + interval '1 day', null`)
    await gateway.sql(`update challenges set expires_at = now() - interval '2 days' where user_id = $1`, [userId])
    const database = createNeonDatabase({ databaseUrl: gateway.databaseUrl, endpoint: gateway.neon.url })
    expect(await cleanUp(database, { purgeAfterDays: 30 })).toEqual({ sessions: 13, challenges: 1, accounts: 0 })
    expect((await gateway.sql('select 1 from sessions where user_id = $1', [userId])).length).toBe(3)
  })
})

describe('modes', () => {
  it('development conveniences cannot be reached in production', async () => {
    const production = await startGateway({ bindings: { MODE: 'production' } })
    try {
      const { visitor } = await newPerson(production)
      expect((await visitor.send('GET', '/auth/dev/inbox')).status).toBe(404)
    } finally {
      await production.stop()
    }
  })
})
