// A program signs in for tokens instead of a cookie and refreshes them: nobody is signed out by chance, and a stolen
// refresh token ends what it was stolen from.
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Tokens, claimsOf, refresh, tokenLogin } from '../support/oauth.ts'
import { type Person, mailTo, newEmail, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let proxy: DatabaseProxy
let person: Person
beforeAll(async () => {
  proxy = await startDatabaseProxy()
  gateway = await startGateway({ bindings: { DATABASE_ENDPOINT: proxy.url } })
  person = await newPerson(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await proxy.stop()
})

const signIn = () => tokenLogin(newVisitor(gateway), person)
const json = async (answer: Response): Promise<Tokens> => (await answer.json()) as Tokens
const errorOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { error: string }).error,
]
const events = (type: string, sessionId: unknown): Promise<Record<string, unknown>[]> =>
  gateway.sql('select user_id, reason, outcome from audit_events where type = $1 and session_id = $2', [
    type,
    sessionId,
  ])

/** As if that much time had passed since the last refresh; the object forgets what it has in memory. */
async function passSinceRefresh(sessionId: unknown, interval: string): Promise<void> {
  await gateway.sql('update sessions set refreshed_at = refreshed_at - $2::interval where id = $1', [
    sessionId,
    interval,
  ])
}

describe('a login with mode "token"', () => {
  it('sets no cookie and gives an access token that the published keys verify', async () => {
    const visitor = newVisitor(gateway)
    const answer = await visitor.send('POST', '/auth/v1/login', {
      email: person.email,
      password: person.password,
      mode: 'token',
    })
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
    const body = (await answer.json()) as Tokens & { session: { id: string }; status: string }
    expect(body).toMatchObject({ status: 'signed_in', token_type: 'Bearer', expires_in: 900 })
    expect(body).not.toHaveProperty('csrf_token')
    const keys = createRemoteJWKSet(new URL(`${gateway.url}/.well-known/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(body.access_token, keys, {
      issuer: gateway.url,
      audience: gateway.url,
      typ: 'at+jwt',
      algorithms: ['RS256'],
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) as string })
    expect(payload).toEqual({
      iss: gateway.url,
      aud: gateway.url,
      sub: person.userId,
      client_id: 'portcullis',
      scope: 'openid profile email',
      sid: body.session.id,
      shard: expect.any(String) as string,
      roles: [],
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: expect.any(Number) as number,
      iat: expect.any(Number) as number,
      exp: (payload.iat ?? 0) + 900,
      jti: expect.any(String) as string,
    })
  })

  it('works for a confirmed address too, and is refused where no way of carrying it is meant', async () => {
    const [email, visitor] = [newEmail(), newVisitor(gateway)]
    await visitor.send('POST', '/auth/v1/signup', { email, password: person.password })
    const { code } = await mailTo(gateway, email)
    const answer = await visitor.send('POST', '/auth/v1/email/verify', { email, code, mode: 'token' })
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
    expect((await refresh(gateway, (await json(answer)).refresh_token)).status).toBe(200)
    const odd = await visitor.send('POST', '/auth/v1/login', { email, password: person.password, mode: 'both' })
    expect(odd.status).toBe(422)
  })

  it('makes an ordinary session: listed, and over for its tokens once its owner ends it', async () => {
    const { session, refresh_token: token } = await signIn()
    const listed = (await (await person.visitor.send('GET', '/auth/v1/sessions')).json()) as { items: { id: string }[] }
    expect(listed.items.map(({ id }) => id)).toContain(session.id)
    expect((await person.visitor.change('DELETE', `/auth/v1/sessions/${session.id}`)).status).toBe(204)
    expect(await errorOf(await refresh(gateway, token))).toEqual([400, 'invalid_grant'])
  })

  it('gives nothing that works as a session cookie', async () => {
    const { access_token: access, refresh_token: token } = await signIn()
    for (const value of [
      access,
      token,
      token.replace(/^prt\./, ''),
      token.replace(/^prt\.(.+)\.\d+\.(.+)$/, '$1.$2'),
    ]) {
      const visitor = newVisitor(gateway)
      visitor.cookies.set('__Host-portcullis', value)
      expect((await visitor.send('GET', '/private')).status).toBe(401)
    }
  })
})

describe('a refresh token', () => {
  it('is replaced by each use, and every access token names the same session', async () => {
    let tokens: Tokens = await signIn()
    const seen = new Set<string>()
    const sessions = new Set<unknown>()
    for (let round = 0; round < 5; round += 1) {
      seen.add(tokens.refresh_token)
      sessions.add(claimsOf(tokens.access_token)['sid'])
      tokens = await json(await refresh(gateway, tokens.refresh_token))
    }
    expect([seen.size, sessions.size]).toEqual([5, 1])
  })

  it('answers 200 requests at once with one and the same answer, and is handed on once', async () => {
    const { refresh_token: token, session } = await signIn()
    const answers = await Promise.all(Array.from({ length: 200 }, () => refresh(gateway, token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(bodies).size).toBe(1)
    expect((await events('session.refreshed', session.id)).length).toBe(1)
  })

  it('answers two tabs alike, a thousand times, and nobody is signed out', async () => {
    let tokens: Tokens = await signIn()
    const sessionId = claimsOf(tokens.access_token)['sid']
    for (let round = 0; round < 1000; round += 1) {
      const [left, right] = await Promise.all([
        refresh(gateway, tokens.refresh_token),
        refresh(gateway, tokens.refresh_token),
      ])
      expect([left.status, right.status]).toEqual([200, 200])
      const [a, b] = [await json(left), await json(right)]
      expect(a).toEqual(b)
      tokens = a
    }
    expect(await gateway.sql('select refresh_generation, ended_at from sessions where id = $1', [sessionId])).toEqual([
      { refresh_generation: 1000, ended_at: null },
    ])
  })

  it('that comes again after the window ends the family, for the thief and the owner, and is recorded', async () => {
    const { refresh_token: stolen, session } = await signIn()
    const { refresh_token: successor } = await json(await refresh(gateway, stolen))
    await passSinceRefresh(session.id, '31 seconds')
    expect(await errorOf(await refresh(gateway, stolen))).toEqual([400, 'invalid_grant'])
    expect(await errorOf(await refresh(gateway, successor))).toEqual([400, 'invalid_grant'])
    expect(await events('refresh.replayed', session.id)).toEqual([
      { user_id: person.userId, reason: null, outcome: 'failure' },
    ])
    expect(await gateway.sql('select end_reason from sessions where id = $1', [session.id])).toEqual([
      { end_reason: 'refresh token replayed' },
    ])
  })

  it('of two generations ago ends the family at once', async () => {
    const { refresh_token: first } = await signIn()
    const { refresh_token: second } = await json(await refresh(gateway, first))
    const { refresh_token: third } = await json(await refresh(gateway, second))
    expect(await errorOf(await refresh(gateway, first))).toEqual([400, 'invalid_grant'])
    expect(await errorOf(await refresh(gateway, third))).toEqual([400, 'invalid_grant'])
  })

  it('that was never issued ends nothing, whatever session it names', async () => {
    const { refresh_token: token } = await signIn()
    const invented = [
      token.slice(0, -1),
      `${token}A`,
      token.replace(/\.0\.([\w-]{43})$/, `.0.${'A'.repeat(43)}`),
      token.replace(/\.0\./, '.1.'),
      token.replace(/\.0\./, '.00.'),
      token.replace(/^prt\.[a-z]{2}-\d+/, 'prt.xx-63'),
      token.replace(/^prt\.[a-z]{2}-\d+/, 'prt.xx-9999'),
      token.toUpperCase(),
    ]
    for (const text of invented)
      expect([text.length, ...(await errorOf(await refresh(gateway, text)))]).toEqual([
        text.length,
        400,
        'invalid_grant',
      ])
    expect((await refresh(gateway, token)).status).toBe(200)
  })

  it('is good for a day', async () => {
    const { refresh_token: token, session } = await signIn()
    await passSinceRefresh(session.id, '23 hours 59 minutes')
    const { refresh_token: successor } = await json(await refresh(gateway, token))
    await passSinceRefresh(session.id, '24 hours 1 second')
    expect(await errorOf(await refresh(gateway, successor))).toEqual([400, 'invalid_grant'])
    expect(await gateway.sql('select ended_at from sessions where id = $1', [session.id])).toEqual([{ ended_at: null }])
  })

  it('brings the roles of now, and nothing to somebody who is locked', async () => {
    const other = await newPerson(gateway)
    const { refresh_token: token } = await tokenLogin(newVisitor(gateway), other)
    await gateway.sql("update users set roles = '{editor}' where id = $1", [other.userId])
    const next = await json(await refresh(gateway, token))
    expect(claimsOf(next.access_token)['roles']).toEqual(['editor'])
    await gateway.sql("update users set status = 'locked' where id = $1", [other.userId])
    expect(await errorOf(await refresh(gateway, next.refresh_token))).toEqual([400, 'invalid_grant'])
  })

  it('survives a restart of the objects: the window is still open, and the end of it still is one', async () => {
    const { refresh_token: token, session } = await signIn()
    const first = await json(await refresh(gateway, token))
    await gateway.workerd.restart()
    expect(await json(await refresh(gateway, token))).toEqual(first)
    await passSinceRefresh(session.id, '31 seconds')
    await gateway.workerd.restart()
    expect(await errorOf(await refresh(gateway, token))).toEqual([400, 'invalid_grant'])
  })
})

describe('while the database is away', () => {
  it('a refresh is answered with 503 in OAuth’s form, and works afterwards', async () => {
    const { refresh_token: token } = await signIn()
    proxy.mode('refuse')
    const answer = await refresh(gateway, token)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
    proxy.mode('pass')
    await expect.poll(async () => (await refresh(gateway, token)).status, { timeout: 15_000, interval: 250 }).toBe(200)
  })

  it('a refresh whose answer of the database got lost happened once, and is told', async () => {
    const { refresh_token: token, session } = await signIn()
    proxy.mode('cut-once', /set refresh_generation/)
    const answer = await refresh(gateway, token)
    proxy.mode('pass')
    expect(answer.status).toBe(200)
    expect(await gateway.sql('select refresh_generation from sessions where id = $1', [session.id])).toEqual([
      { refresh_generation: 1 },
    ])
    expect((await events('session.refreshed', session.id)).length).toBe(1)
  })
})
