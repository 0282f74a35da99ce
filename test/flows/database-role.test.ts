// The worker under a database role that has only the rights it needs: everything works, and nothing more is possible.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createDatabase } from '../../tools/dev/postgres.ts'
import { inProject } from '../../tools/dev/project.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { mailTo, newEmail, newPerson, signInAgain } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let owner: pg.Client
let worker: pg.Client
beforeAll(async () => {
  const name = `test_${randomBytes(6).toString('hex')}`
  const ownerUrl = await createDatabase(inject('adminUrl'), name, inject('templateDatabase'))
  owner = new pg.Client({ connectionString: ownerUrl })
  await owner.connect()
  const statements = readFileSync(inProject('docs', 'database-role.sql'), 'utf8')
  // Again does no harm.
  await owner.query(statements)
  await owner.query(statements)
  const password = randomBytes(16).toString('hex')
  await owner.query(`alter role portcullis_worker password '${password}'`)
  const url = new URL(ownerUrl)
  Object.assign(url, { username: 'portcullis_worker', password })
  worker = new pg.Client({ connectionString: url.href })
  await worker.connect()
  gateway = await startGateway({ databaseUrl: url.href })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([worker.end(), owner.end()])
})

it('signs up, confirms, signs in, resets, lists, ends and administers', async () => {
  const person = await newPerson(gateway)
  const { visitor } = person
  const second = await signInAgain(gateway, person)
  expect((await second.send('GET', '/private')).status).toBe(200)
  expect((await visitor.send('GET', '/auth/v1/sessions')).status).toBe(200)
  const tokens = await newVisitor(gateway).send('POST', '/auth/v1/login', {
    email: person.email,
    password: person.password,
    mode: 'token',
  })
  expect(tokens.status).toBe(200)
  expect((await visitor.change('POST', '/auth/v1/mfa/totp/start')).status).toBe(200)
  expect((await visitor.change('POST', '/auth/v1/sessions/revoke-all-others')).status).toBe(200)
  await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email: person.email })
  const link = await mailTo(gateway, person.email, /Sign in to/)
  const byLink = await newVisitor(gateway).send('POST', '/auth/v1/magic-link/verify', { token: link.token })
  expect(byLink.status).toBe(200)
  await newVisitor(gateway).send('POST', '/auth/v1/password/forgot', { email: person.email })
  const reset = await mailTo(gateway, person.email, /new password/)
  const changed = await newVisitor(gateway).send('POST', '/auth/v1/password/reset', {
    token: reset.token,
    new_password: 'another good battery staple',
  })
  expect(changed.status).toBe(200)
  await owner.query(`update users set roles = '{admin}' where id = $1`, [person.userId])
  const admin = await signInAgain(gateway, { ...person, password: 'another good battery staple' })
  expect((await admin.change('POST', `/auth/v1/admin/users/${person.userId}/unlock`)).status).toBe(200)
  expect((await admin.change('POST', '/auth/v1/logout')).status).toBe(204)
  expect((await newVisitor(gateway).send('POST', '/auth/v1/login', { email: newEmail(), password: 'x' })).status).toBe(
    401,
  )
  const types = async (): Promise<string[]> =>
    (await owner.query<{ type: string }>('select distinct type from audit_events')).rows.map(({ type }) => type)
  await expect
    .poll(types, { timeout: 10_000 })
    .toEqual(expect.arrayContaining(['login.failed', 'password.reset', 'account.unlocked', 'session.ended']))
})

it.each([
  `update audit_events set reason = 'nothing happened'`,
  'delete from audit_events',
  'truncate audit_events',
  'truncate users',
  'drop table users',
  'alter table users add column note text',
  'create table public.mine (id integer)',
  `insert into oauth_clients (id, name) values ('mine', 'mine')`,
  'delete from portcullis_migrations',
  'select * from pg_authid',
  'create role another',
])('cannot: %s', async (statement) => {
  await expect(worker.query(statement)).rejects.toMatchObject({ code: '42501' })
})
