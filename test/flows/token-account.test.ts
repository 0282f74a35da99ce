// A program that signed in for tokens looks after its person's account with them, and signs out. Whoever only got a token to
// use the site with, or to ask about the person, does neither.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeProof, newHolder, nonceOf } from '../support/dpop.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, inSeconds, startIssuer } from '../support/issuer.ts'
import { authorizedTokens, newClient, refresh, tokenLogin } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

let issuer: TestIssuer
let gateway: TestGateway
beforeAll(async () => {
  issuer = await startIssuer()
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] }]
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, issuers }) })
})
afterAll(async () => {
  await gateway.stop()
  await issuer.stop()
})

const send = (token: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  newVisitor(gateway).send(method, path, body, { authorization: `Bearer ${token}`, ...headers })
const signIn = (person: Person) => tokenLogin(newVisitor(gateway), person)
const codeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
]
const endOf = async (sessionId: string): Promise<unknown> =>
  (await gateway.sql('select end_reason from sessions where id = $1', [sessionId]))[0]?.['end_reason']

/** What is there to be looked after by whoever signed in. */
const ownPaths: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['GET', '/auth/v1/session'],
  ['GET', '/auth/v1/sessions'],
  ['DELETE', '/auth/v1/sessions/00000000-0000-7000-8000-000000000000'],
  ['POST', '/auth/v1/sessions/revoke-all-others'],
  ['GET', '/auth/v1/me'],
  ['PATCH', '/auth/v1/me', { name: 'Mallory' }],
  ['GET', '/auth/v1/me/export'],
  ['DELETE', '/auth/v1/me'],
]

/** What makes somebody's ways in, or concerns everybody: by a session in a browser only. */
const browserPaths: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['POST', '/auth/v1/reauthenticate', { password: 'x' }],
  ['POST', '/auth/v1/password/change', { current_password: 'x', new_password: 'y' }],
  ['POST', '/auth/v1/mfa/totp/start', {}],
  ['POST', '/auth/v1/phone/enrol/start', { phone: '+4915200000000', use: 'sign-in' }],
  ['POST', '/auth/v1/webauthn/register/start', {}],
  ['GET', '/auth/v1/admin/clients'],
]

describe('a program that signed in for tokens', () => {
  it('sees its session and the others, and ends those it likes', async () => {
    const person = await newPerson(gateway)
    const [mine, other] = [await signIn(person), await signIn(person)]
    const token = mine.access_token
    expect(await (await send(token, 'GET', '/auth/v1/session')).json()).toMatchObject({
      user: { id: person.userId, email: person.email },
      session: { id: mine.session.id, amr: ['pwd'], aal: 'aal1' },
    })
    const { items } = (await (await send(token, 'GET', '/auth/v1/sessions')).json()) as {
      items: { id: string; is_current: boolean }[]
    }
    expect(items).toHaveLength(3)
    expect(items.filter((item) => item.is_current).map(({ id }) => id)).toEqual([mine.session.id])
    expect((await send(token, 'DELETE', `/auth/v1/sessions/${other.session.id}`)).status).toBe(204)
    expect((await refresh(gateway, other.refresh_token)).status).toBe(400)
    expect(await codeOf(await send(token, 'DELETE', `/auth/v1/sessions/${mine.session.id}`))).toEqual([
      409,
      'current_session',
    ])
    const all = await send(token, 'POST', '/auth/v1/sessions/revoke-all-others')
    expect([all.status, await all.json()]).toEqual([200, { revoked: 1 }])
    expect((await person.visitor.send('GET', '/private')).status).toBe(401)
    expect((await send(token, 'GET', '/private')).status).toBe(200)
  })

  it('sees and changes the account, and takes it along or ends it soon after signing in only', async () => {
    const person = await newPerson(gateway)
    const { access_token: token, session } = await signIn(person)
    expect(await (await send(token, 'PATCH', '/auth/v1/me', { name: 'Ann' })).json()).toMatchObject({ name: 'Ann' })
    expect(await (await send(token, 'GET', '/auth/v1/me')).json()).toMatchObject({ id: person.userId, name: 'Ann' })
    expect(await (await send(token, 'GET', '/auth/v1/me/export')).text()).toContain(person.email)
    await gateway.sql(`update sessions set auth_time = auth_time - interval '11 minutes' where id = $1`, [session.id])
    await gateway.workerd.restart()
    for (const [method, path] of [
      ['GET', '/auth/v1/me/export'],
      ['DELETE', '/auth/v1/me'],
    ] as const) {
      const late = await send(token, method, path)
      expect([await codeOf(late), late.headers.get('www-authenticate')]).toEqual([
        [401, 'step_up_required'],
        'Bearer error="insufficient_user_authentication", acr_values="aal1", max_age="600"',
      ])
    }
    const { access_token: fresh } = await signIn(person)
    expect((await send(fresh, 'DELETE', '/auth/v1/me')).status).toBe(204)
    expect((await send(token, 'GET', '/private')).status).toBe(401)
  })

  const asked = browserPaths.map(([method, path, body]) => ({ method, path, body }))
  it.each(asked)('changes no way in and administers nothing: $method $path', async ({ method, path, body }) => {
    const person = await newPerson(gateway)
    await gateway.sql(`update users set roles = '{admin}' where id = $1`, [person.userId])
    const { access_token: token } = await signIn(person)
    expect(await codeOf(await send(token, method, path, body))).toEqual([403, 'forbidden'])
  })
})

describe('signing out with an access token', () => {
  it('ends its session and no other, with all its tokens', async () => {
    const person = await newPerson(gateway)
    const [mine, other] = [await signIn(person), await signIn(person)]
    const answer = await send(mine.access_token, 'POST', '/auth/v1/logout')
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, []])
    expect((await send(mine.access_token, 'GET', '/private')).status).toBe(401)
    expect((await refresh(gateway, mine.refresh_token)).status).toBe(400)
    expect([await endOf(mine.session.id), await endOf(other.session.id)]).toEqual(['signed out', null])
    expect((await send(other.access_token, 'GET', '/private')).status).toBe(200)
    const events = () =>
      gateway.sql(`select user_id, reason from audit_events where type = 'session.ended' and session_id = $1`, [
        mine.session.id,
      ])
    await expect.poll(events, { timeout: 10_000 }).toEqual([{ user_id: person.userId, reason: 'signed out' }])
  })

  it('that comes with a cookie of the same person ends both sessions', async () => {
    const person = await newPerson(gateway)
    const { access_token: token, session } = await signIn(person)
    const { csrf_token: csrf } = (await (await person.visitor.send('GET', '/auth/v1/csrf')).json()) as {
      csrf_token: string
    }
    const headers = { authorization: `Bearer ${token}`, 'x-csrf-token': csrf }
    const cookie = person.visitor.cookies.get('__Host-portcullis') ?? ''
    expect((await person.visitor.send('POST', '/auth/v1/logout', undefined, headers)).status).toBe(204)
    expect(await endOf(session.id)).toBe('signed out')
    person.visitor.cookies.set('__Host-portcullis', cookie)
    expect((await person.visitor.send('GET', '/private')).status).toBe(401)
    expect((await send(token, 'GET', '/private')).status).toBe(401)
  })

  it('that is bound to a key needs its proof, and says so instead of having signed out', async () => {
    const person = await newPerson(gateway)
    const { access_token: plain, session } = await signIn(person)
    const holder = await newHolder()
    const token = await ownToken(gateway, plain, { cnf: { jkt: holder.jkt } })
    const url = `${gateway.url}/auth/v1/logout`
    const proof = (nonce?: string) => makeProof(holder, { method: 'POST', url, token, ...(nonce ? { nonce } : {}) })
    const leave = (headers: Record<string, string>) => newVisitor(gateway).send('POST', url, undefined, headers)
    const authorization = `DPoP ${token}`
    for (const [headers, error] of [
      [{ authorization: `Bearer ${token}` }, 'invalid_token'],
      [{ authorization }, 'invalid_dpop_proof'],
      [{ authorization, dpop: await proof() }, 'use_dpop_nonce'],
    ] as const) {
      const answer = await leave(headers)
      expect(await codeOf(answer)).toEqual([401, 'invalid_token'])
      expect(answer.headers.get('www-authenticate')).toContain(`DPoP error="${error}"`)
    }
    expect(await endOf(session.id)).toBe(null)
    expect((await leave({ authorization, dpop: await proof(await nonceOf(gateway)) })).status).toBe(204)
    expect(await endOf(session.id)).toBe('signed out')
  })

  it('that is not accepted ends nothing and is told so, also beside a live cookie', async () => {
    const person = await newPerson(gateway)
    const { access_token: token, session } = await signIn(person)
    const visitor = await signInAgain(gateway, person)
    const expired = await ownToken(gateway, token, { exp: inSeconds(-60), iat: inSeconds(-900) })
    for (const bad of [expired, token.slice(0, -8), 'x']) {
      const answer = await send(bad, 'POST', '/auth/v1/logout')
      expect([...(await codeOf(answer)), answer.headers.get('www-authenticate')]).toEqual([
        401,
        'invalid_token',
        'Bearer error="invalid_token", error_description="The access token is not accepted"',
      ])
    }
    const authorization = `Bearer ${expired}`
    const beside = await visitor.send('POST', '/auth/v1/logout', undefined, { authorization })
    expect([beside.status, beside.headers.getSetCookie()]).toEqual([401, []])
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    expect(await endOf(session.id)).toBe(null)
    const external = await issuer.token({ sub: `user|${person.userId}` })
    expect(await codeOf(await send(external, 'POST', '/auth/v1/logout'))).toEqual([403, 'forbidden'])
  })
})

describe('an application somebody signed in to', () => {
  it('of the site’s own may sign out of its session, and look after nothing', async () => {
    const person = await newPerson(gateway)
    const client = await newClient(gateway)
    const { access_token: token } = await authorizedTokens(gateway, person.visitor, client)
    for (const [method, path, body] of ownPaths)
      expect([path, ...(await codeOf(await send(token, method, path, body)))]).toEqual([path, 403, 'forbidden'])
    expect((await send(token, 'GET', '/private')).status).toBe(200)
    expect((await send(token, 'POST', '/auth/v1/logout')).status).toBe(204)
    expect((await send(token, 'GET', '/private')).status).toBe(401)
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  })

  it('of somebody else may do nothing at all', async () => {
    const person = await newPerson(gateway)
    const client = await newClient(gateway, { isFirstParty: false })
    await gateway.sql('insert into oauth_consents (user_id, client_id, scopes) values ($1, $2, $3)', [
      person.userId,
      client.id,
      ['openid', 'profile', 'email'],
    ])
    const { access_token: token } = await authorizedTokens(gateway, person.visitor, client)
    for (const [method, path, body] of [...ownPaths, ...browserPaths, ['POST', '/auth/v1/logout'] as const])
      expect([path, ...(await codeOf(await send(token, method, path, body)))]).toEqual([path, 401, 'invalid_token'])
    const info = await send(token, 'GET', '/auth/oauth/userinfo')
    expect([info.status, await info.json()]).toMatchObject([200, { sub: person.userId, name: 'Test Person' }])
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  })
})
