// Every way in, for every state an account and its factor can be in: what each of them leads to, as one table.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol, letTimePass } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestProvider, signInWith, startProvider } from '../support/identity-provider.ts'
import { enrolPasskey, getAnswer, questionFor } from '../support/passkey.ts'
import { goodPassword, mailTo, newEmail } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let provider: TestProvider
beforeAll(async () => {
  provider = await startProvider()
  const { url: issuer, clientId, clientSecret } = provider
  const row = { kind: 'oidc', id: 'one', name: 'One', issuer, clientId, clientSecret }
  gateway = await startGateway({ bundle: await bundleWith({ ...shippedConfig, login: { providers: [row] } }) })
})
afterAll(async () => {
  await gateway.stop()
  await provider.stop()
})

interface Somebody {
  readonly email: string
  readonly visitor: Visitor
  readonly signUp: { readonly token: string; readonly code: string }
}

const changed = 'a password that came later'
const post = (path: string, body: object): Promise<Response> => newVisitor(gateway).send('POST', path, body)

async function outcomeOf(answer: Response): Promise<string> {
  const body = (await answer.json()) as { status: string | number; code?: string }
  return answer.status === 200 ? String(body.status) : `${answer.status} ${body.code ?? ''}`
}

/** With another site, as somebody whose address is proven there. */
async function socially(email: string): Promise<string> {
  const claims = { sub: email, email, email_verified: true }
  const answer = await signInWith(provider, newVisitor(gateway), { id: 'one', claims })
  if (answer.status !== 303) return `${answer.status} ${answer.headers.get('x-portcullis-response') ?? ''}`
  return answer.headers.get('location') === '/auth/mfa' ? 'mfa_required' : 'signed_in'
}

/** What a way asks for is mailed before the account changes: what was good to start with may not be good to finish. */
const ways: Readonly<Record<string, (who: Somebody) => Promise<() => Promise<string>>>> = {
  password:
    async ({ email }) =>
    async () =>
      outcomeOf(await post('/auth/v1/login', { email, password: goodPassword })),
  'magic link': async ({ email }) => {
    await post('/auth/v1/magic-link/start', { email })
    const { token } = await mailTo(gateway, email, /Sign in to/)
    return async () => outcomeOf(await post('/auth/v1/magic-link/verify', { token }))
  },
  'magic code': async ({ email }) => {
    await post('/auth/v1/magic-link/start', { email })
    const { code } = await mailTo(gateway, email, /Sign in to/)
    return async () => outcomeOf(await post('/auth/v1/magic-link/verify', { email, code }))
  },
  reset: async ({ email }) => {
    await post('/auth/v1/password/forgot', { email })
    const { token } = await mailTo(gateway, email, /new password/)
    return async () => {
      const reset = await outcomeOf(await post('/auth/v1/password/reset', { token, new_password: changed }))
      if (reset !== 'password_changed') return reset
      return outcomeOf(await post('/auth/v1/login', { email, password: changed }))
    }
  },
  'verification link':
    async ({ signUp }) =>
    async () =>
      outcomeOf(await post('/auth/v1/email/verify', { token: signUp.token })),
  'verification code':
    async ({ signUp, email }) =>
    async () =>
      outcomeOf(await post('/auth/v1/email/verify', { email, code: signUp.code })),
  'another site, for the first time':
    async ({ email }) =>
    async () =>
      socially(email),
  'another site, as before': async ({ email }) => {
    await socially(email)
    return async () => socially(email)
  },
  passkey: async (who) => passkeyWay(who, true),
  'passkey by a touch': async (who) => passkeyWay(who, false),
  'proof in a session':
    async ({ visitor }) =>
    async () =>
      outcomeOf(await visitor.change('POST', '/auth/v1/reauthenticate', { password: goodPassword })),
}

/** Added and asked for before the account changes: a passkey needs a confirmed address, and may outlive that. */
async function passkeyWay({ email, visitor }: Somebody, verifies: boolean): Promise<() => Promise<string>> {
  const [before] = await gateway.sql('select email_verified_at from users where email = $1', [email])
  await gateway.sql(confirmed, [email])
  await visitor.change('POST', '/auth/v1/login', { email, password: goodPassword })
  const passkey = await enrolPasskey(visitor, gateway.url, { verifies })
  await gateway.sql('update users set email_verified_at = $2 where email = $1', [email, before?.['email_verified_at']])
  const device = newVisitor(gateway)
  const question = await questionFor(device)
  const body = { challenge_id: question.challenge_id, response: getAnswer(passkey, question) }
  return async () => outcomeOf(await device.send('POST', '/auth/v1/webauthn/authenticate/finish', body))
}

const confirmed = 'update users set email_verified_at = now() where email = $1'
const states: Readonly<Record<string, readonly string[]>> = {
  confirmed: [confirmed],
  unconfirmed: [],
  'unconfirmed for a day': ["update users set created_at = now() - interval '25 hours' where email = $1"],
  locked: [confirmed, "update users set status = 'locked' where email = $1"],
  deleted: [confirmed, 'update users set deleted_at = now() where email = $1'],
  restored: [
    confirmed,
    'update users set deleted_at = now() where email = $1',
    'update users set deleted_at = null where email = $1',
  ],
}

const [yes, half] = ['signed_in', 'mfa_required']
const [wrong, void_, late, out, no] = [
  '401 invalid_credentials',
  '401 invalid_or_expired',
  '403 email_unverified',
  '401 unauthenticated',
  '401 passkey_refused',
]

/** One line a way; the columns are the states, in the order above. */
const withoutFactor: Readonly<Record<string, readonly string[]>> = {
  password: [yes, yes, late, wrong, wrong, yes],
  'magic link': [yes, yes, yes, void_, void_, yes],
  'magic code': [yes, yes, yes, void_, void_, yes],
  reset: [yes, yes, yes, void_, void_, yes],
  'verification link': [void_, yes, yes, void_, void_, void_],
  'verification code': [void_, yes, yes, void_, void_, void_],
  // The address of a deleted account is nobody's: whoever comes with it is somebody new.
  'another site, for the first time': [yes, yes, yes, '403 no_account', yes, yes],
  'another site, as before': [yes, yes, yes, '403 forbidden', '403 forbidden', yes],
  passkey: [yes, yes, late, no, no, yes],
  'passkey by a touch': [yes, yes, late, no, no, yes],
  'proof in a session': [yes, yes, out, out, out, yes],
}

/** Only a confirmed address can have one. */
const withFactor: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  password: { confirmed: half, locked: wrong, deleted: wrong, restored: half },
  'magic link': { confirmed: half, locked: void_, deleted: void_, restored: half },
  'magic code': { confirmed: half, locked: void_, deleted: void_, restored: half },
  reset: { confirmed: half, locked: void_, deleted: void_, restored: half },
  'another site, for the first time': { confirmed: half, locked: '403 no_account', deleted: yes, restored: half },
  'another site, as before': {
    confirmed: half,
    locked: '403 forbidden',
    deleted: '403 forbidden',
    restored: half,
  },
  // What has verified its owner is two factors; what only felt a touch is the first.
  passkey: { confirmed: yes, locked: no, deleted: no, restored: yes },
  'passkey by a touch': { confirmed: half, locked: no, deleted: no, restored: half },
  'proof in a session': { confirmed: half, locked: out, deleted: out, restored: half },
}

async function somebody(): Promise<Somebody> {
  const [email, visitor] = [newEmail(), newVisitor(gateway)]
  await visitor.send('POST', '/auth/v1/signup', { email, password: goodPassword })
  const signUp = await mailTo(gateway, email)
  const signedIn = await visitor.send('POST', '/auth/v1/login', { email, password: goodPassword })
  expect(signedIn.status).toBe(200)
  return { email, visitor, signUp }
}

async function become(who: Somebody, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await gateway.sql(statement, [who.email])
}

describe.each(Object.entries(withoutFactor))('%s, without a second factor', (way, outcomes) => {
  it.each(Object.keys(states).map((state, index) => [state, outcomes[index]] as const))(
    '%s: %s',
    async (state, outcome) => {
      const who = await somebody()
      const enter = await ways[way]?.(who)
      await become(who, states[state] ?? [])
      expect(await enter?.()).toBe(outcome)
    },
  )
})

describe.each(Object.entries(withFactor))('%s, with a second factor', (way, outcomes) => {
  it.each(Object.entries(outcomes))('%s: %s', async (state, outcome) => {
    const who = await somebody()
    await become(who, [confirmed])
    // Signed in anew: the session from before does not know that the address is confirmed.
    await who.visitor.change('POST', '/auth/v1/login', { email: who.email, password: goodPassword })
    await enrol(who.visitor)
    const [row] = await gateway.sql('select id from users where email = $1', [who.email])
    await letTimePass(gateway, { userId: String(row?.['id']) })
    const enter = await ways[way]?.(who)
    await become(who, states[state] ?? [])
    expect(await enter?.()).toBe(outcome)
  })
})
