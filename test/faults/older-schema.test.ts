// A worker that is one step newer than its schema: what it brings along waits, and everything else works.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson, signInAgain } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
  await gateway.sql('drop table passkeys, passkey_handles')
  await gateway.sql('alter table challenges drop column asker_hash')
  await gateway.sql('alter table challenges alter column user_id set not null')
})
afterAll(() => gateway.stop())

it('without the tables of passkeys people sign in in every other way, with the second factor too', async () => {
  const person = await newPerson(gateway)
  const app = await enrol(person.visitor)
  await letTimePass(gateway, person)
  const visitor = newVisitor(gateway)
  const { email, password } = person
  const half = (await (await visitor.send('POST', '/auth/v1/login', { email, password })).json()) as {
    mfa_token: string
  }
  expect(half).toMatchObject({ status: 'mfa_required', methods: ['totp', 'backup_code'] })
  const body = { mfa_token: half.mfa_token, method: 'totp', code: totpCode(app.secret) }
  expect((await visitor.send('POST', '/auth/v1/mfa/verify', body)).status).toBe(200)
  for (const page of ['/auth/account', '/auth/account/passkeys', '/auth/reauthenticate'])
    expect([page, (await visitor.open(page)).status]).toEqual([page, 200])
})

it('and passkeys answer 503 for the time being', async () => {
  const person = await newPerson(gateway)
  const visitor = await signInAgain(gateway, person)
  for (const [path, body] of [
    ['/auth/v1/webauthn/authenticate/start', {}],
    ['/auth/v1/webauthn/authenticate/start', { email: person.email }],
    ['/auth/v1/webauthn/register/start', {}],
  ] as const) {
    const answer = await visitor.change('POST', path, body)
    expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '5'])
  }
})
