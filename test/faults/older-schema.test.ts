// A worker that is one step newer than its schema: what that step brings waits, and everything else works.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrationNames } from '../../src/db/migrations.ts'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { enrolPasskey, signInWith } from '../support/passkey.ts'
import { newPerson, signInAgain } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const newest = migrationNames.at(-1) ?? ''
/** What takes the newest step back. */
const undo: Readonly<Record<string, string>> = { '0014_session_places.sql': 'drop table session_places' }

let gateway: TestGateway
beforeAll(async () => {
  const statement = undo[newest]
  if (statement === undefined) throw new Error(`this test has to know how ${newest} is taken back`)
  gateway = await startGateway()
  await gateway.sql(statement)
  await gateway.sql('delete from portcullis_migrations where name = $1', [newest])
})
afterAll(() => gateway.stop())

it('says that it waits for the step', async () => {
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
})

it('lets people sign up, sign in in every way and look after their accounts', async () => {
  const person = await newPerson(gateway)
  const passkey = await enrolPasskey(person.visitor, gateway.url)
  expect((await signInWith(newVisitor(gateway), passkey)).status).toBe(200)
  const app = await enrol(person.visitor)
  await letTimePass(gateway, person)
  const visitor = newVisitor(gateway)
  const { email, password } = person
  const half = (await (await visitor.send('POST', '/auth/v1/login', { email, password })).json()) as {
    mfa_token: string
  }
  expect(half).toMatchObject({ status: 'mfa_required', methods: ['totp', 'backup_code', 'passkey'] })
  const body = { mfa_token: half.mfa_token, method: 'totp', code: totpCode(app.secret) }
  expect((await visitor.send('POST', '/auth/v1/mfa/verify', body)).status).toBe(200)
  for (const page of ['/auth/account', '/auth/account/passkeys', '/auth/account/data', '/auth/reauthenticate'])
    expect([page, (await visitor.open(page)).status]).toEqual([page, 200])
})

it('lets them delete their accounts', async () => {
  const person = await newPerson(gateway)
  const visitor = await signInAgain(gateway, person)
  expect((await visitor.change('DELETE', '/auth/v1/me')).status).toBe(204)
  expect((await visitor.send('GET', '/private')).status).toBe(401)
})
