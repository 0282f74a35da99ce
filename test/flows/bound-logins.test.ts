// A program that proves a key when it signs in gets tokens that are worth nothing without it, whichever way it signs in.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type Holder, makeProof, newHolder, nonceOf } from '../support/dpop.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Tokens, claimsOf, post } from '../support/oauth.ts'
import { getAnswer } from '../../tools/dev/passkey-device.ts'
import { enrolPasskey, questionFor } from '../support/passkey.ts'
import { type Person, goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { codeTo, enrolPhone, textsTo } from '../support/phones.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let holder: Holder
beforeAll(async () => {
  gateway = await startGateway()
  holder = await newHolder()
})
afterAll(() => gateway.stop())

const proofFor = async (path: string, by = holder, nonce?: string): Promise<string> =>
  makeProof(by, { method: 'POST', url: gateway.url + path, nonce: nonce ?? (await nonceOf(gateway)) })

async function send(path: string, body: object, dpop: string, by = newVisitor(gateway)): Promise<Response> {
  return by.send('POST', path, { mode: 'token', ...body }, { dpop })
}

const refreshBy = async (by: Holder | null, token: string): Promise<Response> => {
  const headers = by === null ? {} : { dpop: await proofFor('/auth/oauth/token', by) }
  return post(gateway, 'token', { grant_type: 'refresh_token', refresh_token: token }, headers)
}

const codeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
]

/** Somebody with what each way of signing in wants to be told. */
const ways: Readonly<Record<string, () => Promise<readonly [path: string, body: object, by?: Visitor]>>> = {
  'a password': async () => {
    const { email, password } = await newPerson(gateway)
    return ['/auth/v1/login', { email, password }]
  },
  'a confirmed address': async () => {
    const email = newEmail()
    await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword })
    return ['/auth/v1/email/verify', { email, code: (await mailTo(gateway, email)).code }]
  },
  'a magic link': async () => ['/auth/v1/magic-link/verify', { token: (await magicLink()).token }],
  'the code beside a magic link': async () => {
    const { email, code } = await magicLink()
    return ['/auth/v1/magic-link/verify', { email, code }]
  },
  'a code by text': async () => {
    const phone = await enrolPhone(gateway, await newPerson(gateway))
    const by = newVisitor(gateway)
    return ['/auth/v1/phone/verify', { phone, code: await textTo(phone, by, '/auth/v1/phone/start', { phone }) }, by]
  },
  'a passkey': async () => {
    const { visitor } = await newPerson(gateway)
    const passkey = await enrolPasskey(visitor, gateway.url)
    // Who asked the question has to answer it.
    const by = newVisitor(gateway)
    const question = await questionFor(by)
    const response = getAnswer(passkey, question)
    return ['/auth/v1/webauthn/authenticate/finish', { challenge_id: question.challenge_id, response }, by]
  },
  'a second factor, of an app': async () => {
    const { person, secret } = await withApp()
    return ['/auth/v1/mfa/verify', { ...(await half(person)), method: 'totp', code: totpCode(secret) }]
  },
  'a second factor, written down': async () => {
    const { person, backupCodes } = await withApp()
    return ['/auth/v1/mfa/verify', { ...(await half(person)), method: 'backup_code', code: backupCodes[0] }]
  },
  'a second factor, by text': async () => {
    const person = await newPerson(gateway)
    const phone = await enrolPhone(gateway, person, { use: 'second-factor' })
    const waiting = await half(person)
    const code = await textTo(phone, newVisitor(gateway), '/auth/v1/mfa/sms/start', waiting)
    return ['/auth/v1/mfa/verify', { ...waiting, method: 'sms', code }]
  },
  'a second factor, a passkey': async () => {
    const { person } = await withApp()
    const passkey = await enrolPasskey(person.visitor, gateway.url)
    const waiting = await half(person)
    const by = newVisitor(gateway)
    const question = await questionFor(by, waiting)
    const response = getAnswer(passkey, question)
    return ['/auth/v1/mfa/verify', { ...waiting, method: 'passkey', response }, by]
  },
}

async function magicLink(): Promise<{ email: string; token: string; code: string }> {
  const { email } = await newPerson(gateway)
  await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email })
  const { token, code } = await mailTo(gateway, email, /Sign in to/)
  return { email, token, code }
}

async function textTo(number: string, by: Visitor, path: string, body: object): Promise<string> {
  const before = textsTo(gateway, number).length
  expect((await by.send('POST', path, body)).status).toBe(202)
  return codeTo(gateway, number, before)
}

async function withApp(): Promise<Authenticator & { person: Person }> {
  const person = await newPerson(gateway)
  const app = await enrol(person.visitor)
  await letTimePass(gateway, person)
  return { ...app, person }
}

/** A login that waits for its second factor, which is where the way of carrying the session is said. */
async function half({ email, password }: Person): Promise<{ mfa_token: string }> {
  const paused = await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password, mode: 'token' })
  const { mfa_token: token } = (await paused.json()) as { mfa_token: string }
  return { mfa_token: token }
}

describe.each(Object.entries(ways))('signing in with %s and a proof', (_, prepare) => {
  it('asks for the nonce without spending anything, and then gives tokens bound to the key', async () => {
    const [path, body, by] = await prepare()
    const asked = await send(path, body, await makeProof(holder, { method: 'POST', url: gateway.url + path }), by)
    const nonce = asked.headers.get('dpop-nonce') ?? ''
    expect(await codeOf(asked)).toEqual([400, 'use_dpop_nonce'])
    // The same code, link or try once more: it is still good.
    const answer = await send(path, body, await proofFor(path, holder, nonce), by)
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
    const tokens = (await answer.json()) as Tokens & { session: { id: string } }
    expect([tokens.token_type, claimsOf(tokens.access_token)['cnf']]).toEqual(['DPoP', { jkt: holder.jkt }])
    const [row] = await gateway.sql('select dpop_jkt from sessions where id = $1', [tokens.session.id])
    expect(row).toEqual({ dpop_jkt: holder.jkt })
    const authorization = `Bearer ${tokens.access_token}`
    expect((await newVisitor(gateway).send('GET', '/private', undefined, { authorization })).status).toBe(401)
    const url = `${gateway.url}/private`
    const dpop = await makeProof(holder, { method: 'GET', url, token: tokens.access_token, nonce })
    const opened = await newVisitor(gateway).send('GET', url, undefined, {
      authorization: `DPoP ${tokens.access_token}`,
      dpop,
    })
    expect(opened.status).toBe(200)
    for (const by of [null, await newHolder()]) expect((await refreshBy(by, tokens.refresh_token)).status).toBe(400)
    const next = await refreshBy(holder, tokens.refresh_token)
    expect(next.status).toBe(200)
    expect(await next.json()).toMatchObject({ token_type: 'DPoP' })
  })
})

describe.each(Object.entries(ways))('signing in with %s and no proof', (_, prepare) => {
  it('gives bearer tokens and no cookie, which open the site until they are signed out with', async () => {
    const [path, body, by = newVisitor(gateway)] = await prepare()
    const answer = await by.send('POST', path, { mode: 'token', ...body })
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
    const tokens = (await answer.json()) as Tokens & { session: { id: string } }
    expect(tokens).toMatchObject({ status: 'signed_in', token_type: 'Bearer', expires_in: 900 })
    expect(tokens).not.toHaveProperty('csrf_token')
    expect(claimsOf(tokens.access_token)).toMatchObject({ sid: tokens.session.id, client_id: 'portcullis' })
    const next = (await (await refreshBy(null, tokens.refresh_token)).json()) as Tokens
    const send = (method: string, to: string) =>
      newVisitor(gateway).send(method, to, undefined, { authorization: `Bearer ${next.access_token}` })
    expect((await send('GET', '/private')).status).toBe(200)
    expect((await send('POST', '/auth/v1/logout')).status).toBe(204)
    expect((await send('GET', '/private')).status).toBe(401)
    expect((await refreshBy(null, next.refresh_token)).status).toBe(400)
  })
})

describe('a proof with a login', () => {
  it('that is wrong or was used before is refused before the password is looked at', async () => {
    const { email, password } = await newPerson(gateway)
    const path = '/auth/v1/login'
    const used = await proofFor(path)
    expect((await send(path, { email, password }, used)).status).toBe(200)
    const elsewhere = await proofFor('/auth/oauth/token')
    for (const dpop of [used, elsewhere, 'x', `${await proofFor(path)}, ${await proofFor(path)}`]) {
      const answer = await send(path, { email, password: 'a wrong password' }, dpop)
      expect(await codeOf(answer)).toEqual([400, 'invalid_dpop_proof'])
    }
    expect((await gateway.sql("select 1 from audit_events where type = 'login.failed'")).length).toBe(0)
  })

  it('is passed over where a cookie is asked for, and no proof is needed for a bearer token', async () => {
    const { email, password } = await newPerson(gateway)
    const cookie = await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password }, { dpop: 'x' })
    expect([cookie.status, cookie.headers.getSetCookie().length > 0]).toEqual([200, true])
    const plain = await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password, mode: 'token' })
    expect(await plain.json()).toMatchObject({ token_type: 'Bearer' })
  })
})
