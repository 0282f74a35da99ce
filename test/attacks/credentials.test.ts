// One table for every protected route: which credential gets which answer. Whatever is refused has not reached the site.
import { randomBytes, randomUUID } from 'node:crypto'
import { SignJWT, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RsaPrimes, rsaPrivateJwk } from '../../src/kit/rsa.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, createSigningKey, inSeconds, signToken, startIssuer } from '../support/issuer.ts'
import {
  authorizedTokens,
  claimsOf,
  newClient,
  newPkce,
  authorizePath,
  redeem,
  sentTo,
  tokenLogin,
} from '../support/oauth.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { header, sendRaw } from '../support/raw-http.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newAddress, newVisitor } from '../support/visitor.ts'

const cookieName = '__Host-portcullis'

let issuer: TestIssuer
let origin: RecordingOrigin
let gateway: TestGateway
let person: Person
let admin: Person
beforeAll(async () => {
  ;[issuer, origin] = await Promise.all([startIssuer(), startRecordingOrigin()])
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] }]
  gateway = await startGateway({ originUrl: origin.url, bundle: bundleWith({ ...shippedConfig, issuers }) })
  person = await newPerson(gateway)
  const other = await newPerson(gateway)
  await gateway.sql(`update users set roles = '{admin}' where id = $1`, [other.userId])
  admin = { ...other, visitor: await signInAgain(gateway, other) }
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), origin.stop()])
})

/** What a request carries: header lines, so that two of a kind can be sent. */
type Carried = readonly (readonly [name: string, value: string])[]

const cookie = (value: string): Carried => [['cookie', `${cookieName}=${value}`]]
const bearer = (token: string): Carried => [['authorization', `Bearer ${token}`]]
const cookieOf = (visitor: Visitor): string => visitor.cookies.get(cookieName) ?? ''

type StoredKey = RsaPrimes & { readonly kid: string; readonly state: string }

/** A token of the gateway's own making, signed with the key it signs with, whatever it says. */
async function ownToken(claims: Readonly<Record<string, unknown>>, type = 'at+jwt'): Promise<string> {
  const { access_token: token } = await tokenLogin(newVisitor(gateway), person)
  const { keys } = JSON.parse(gateway.bindings['TOKEN_KEYS'] ?? '') as { keys: StoredKey[] }
  const active = keys.find(({ state }) => state === 'active')
  if (active === undefined) throw new Error('no active key')
  return new SignJWT({ ...claimsOf(token), ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: type, kid: active.kid })
    .sign(await importJWK({ ...rsaPrivateJwk(active), alg: 'RS256' }, 'RS256'))
}

async function clientTokens() {
  const client = await newClient(gateway, { isFirstParty: false })
  const { verifier, challenge } = newPkce()
  await gateway.sql('insert into oauth_consents (user_id, client_id, scopes) values ($1, $2, $3)', [
    person.userId,
    client.id,
    ['openid', 'profile', 'email'],
  ])
  const { query } = sentTo(await person.visitor.open(authorizePath(client.id, { code_challenge: challenge })))
  const answer = await redeem(gateway, client, { code: query['code'] ?? '', code_verifier: verifier })
  return (await answer.json()) as { access_token: string; refresh_token: string; id_token: string }
}

async function endedSession(change: string): Promise<Visitor> {
  const somebody = await newPerson(gateway)
  await gateway.sql(`update ${change} = $1`, [somebody.userId])
  return signedInBefore(somebody.visitor)
}

/** The object had no question about it yet since its row changed: only the record can say. */
const signedInBefore = (visitor: Visitor): Visitor => {
  const copy = newVisitor(gateway)
  copy.cookies.set(cookieName, cookieOf(visitor))
  return copy
}

const shortened = (text: string): string => text.slice(0, -1)
const replaced = (text: string, part: number, value: string): string =>
  text
    .split('.')
    .map((old, index) => (index === part ? value : old))
    .join('.')

/** What programs are told: of the site's routes, of the gateway's own about a session, and of `userinfo`. */
interface Told {
  readonly site: number
  readonly own: number
  readonly userinfo: number
}
const nobody: Told = { site: 401, own: 401, userinfo: 401 }
const both: Told = { site: 400, own: 400, userinfo: 400 }

const refused: readonly (readonly [name: string, told: Told, carried: () => Promise<Carried> | Carried])[] = [
  ['nothing', nobody, () => []],
  ['an empty cookie', nobody, () => cookie('')],
  ['a cookie of no form', nobody, () => cookie('x'.repeat(80))],
  [
    'a cookie with another secret',
    nobody,
    () => cookie(replaced(cookieOf(person.visitor), 2, randomBytes(32).toString('base64url'))),
  ],
  ['a cookie with a shorter secret', nobody, () => cookie(shortened(cookieOf(person.visitor)))],
  [
    'a cookie with another session’s id',
    nobody,
    () => cookie(replaced(cookieOf(person.visitor), 1, cookieOf(admin.visitor).split('.')[1] ?? '')),
  ],
  ['a cookie that names another shard', nobody, () => cookie(replaced(cookieOf(person.visitor), 0, 'xx-63'))],
  ['a cookie that names no shard there is', nobody, () => cookie(replaced(cookieOf(person.visitor), 0, 'xx-9999'))],
  [
    'two cookies',
    nobody,
    () => [['cookie', `${cookieName}=${cookieOf(person.visitor)}; ${cookieName}=${cookieOf(admin.visitor)}`]],
  ],
  [
    'the cookie of an ended session',
    nobody,
    async () => cookie(cookieOf(await endedSession('sessions set ended_at = now() where user_id'))),
  ],
  [
    'the cookie of an expired session',
    nobody,
    async () =>
      cookie(cookieOf(await endedSession(`sessions set expires_at = now() - interval '1 second' where user_id`))),
  ],
  [
    'the cookie of a locked person',
    nobody,
    async () => cookie(cookieOf(await endedSession(`users set status = 'locked' where id`))),
  ],
  [
    'the cookie of a deleted person',
    nobody,
    async () => cookie(cookieOf(await endedSession('users set deleted_at = now() where id'))),
  ],
  [
    'the cookie of somebody who signed out',
    nobody,
    async () => {
      const visitor = await signInAgain(gateway, person)
      const before = cookieOf(visitor)
      await visitor.change('POST', '/auth/v1/logout')
      return cookie(before)
    },
  ],
  [
    'Basic credentials',
    nobody,
    () => [['authorization', `Basic ${Buffer.from(`${person.email}:${person.password}`).toString('base64')}`]],
  ],
  ['no token after Bearer', nobody, () => [['authorization', 'Bearer']]],
  ['a token that is none', nobody, () => bearer('x')],
  ['the session cookie as a token', nobody, () => bearer(cookieOf(person.visitor))],
  [
    'a token without signature',
    nobody,
    async () => bearer(`${(await ownToken({})).split('.').slice(0, 2).join('.')}.`),
  ],
  [
    'a token with a broken signature',
    nobody,
    async () => {
      const token = await ownToken({})
      return bearer(replaced(token, 2, `A${shortened(token.split('.')[2] ?? '')}`))
    },
  ],
  [
    'a token under alg none',
    nobody,
    async () =>
      bearer(replaced(await ownToken({}), 0, Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url'))),
  ],
  ['an expired token', nobody, async () => bearer(await ownToken({ iat: inSeconds(-1000), exp: inSeconds(-60) }))],
  [
    'a token of a session there is not',
    nobody,
    async () => bearer(await ownToken({ sid: '018f3c5e-7b1a-7cc0-b1f5-000000000001' })),
  ],
  ['a token of somebody else’s session', nobody, async () => bearer(await ownToken({ sub: admin.userId }))],
  ['a token of another type', nobody, async () => bearer(await ownToken({}, 'JWT'))],
  [
    'the token of a session that was ended',
    nobody,
    async () => {
      const { access_token: token, session } = await tokenLogin(newVisitor(gateway), person)
      await person.visitor.change('DELETE', `/auth/v1/sessions/${session.id}`)
      return bearer(token)
    },
  ],
  ['a refresh token', nobody, async () => bearer((await tokenLogin(newVisitor(gateway), person)).refresh_token)],
  [
    'an ID token',
    nobody,
    async () => bearer((await authorizedTokens(gateway, person.visitor, await newClient(gateway))).id_token ?? ''),
  ],
  [
    'the access token of another site’s program',
    { ...nobody, userinfo: 200 },
    async () => bearer((await clientTokens()).access_token),
  ],
  [
    'a token of an issuer nobody trusts',
    nobody,
    async () =>
      bearer(
        await signToken(await createSigningKey(), {
          iss: 'https://elsewhere.example',
          aud: audience,
          sub: 'x',
          exp: inSeconds(60),
        }),
      ),
  ],
  [
    'a trusted issuer’s token, forged',
    nobody,
    async () =>
      bearer(
        await signToken(await createSigningKey(), { iss: issuer.url, aud: audience, sub: 'x', exp: inSeconds(60) }),
      ),
  ],
  [
    'a trusted issuer’s token for somebody else',
    nobody,
    async () => bearer(await issuer.token({ aud: 'https://other.example' })),
  ],
  ['a trusted issuer’s token, expired', nobody, async () => bearer(await issuer.token({ exp: inSeconds(-60) }))],
  ['a trusted issuer’s ID token', nobody, async () => bearer(await issuer.token({}, { typ: 'JWT' }))],
  [
    'a cookie and a token of different people',
    { ...both, userinfo: 400 },
    async () => [...cookie(cookieOf(admin.visitor)), ...bearer(await ownToken({}))],
  ],
  ['two tokens', both, async () => [...bearer(await ownToken({})), ...bearer(await ownToken({}))]],
]

interface Route {
  readonly name: string
  readonly line: string
  readonly more?: Carried
  readonly body?: string
  readonly told: (told: Told) => number
}
const site = ({ site: status }: Told): number => status
const own = ({ own: status }: Told): number => status
const json: Carried = [['content-type', 'application/json']]
const upgrade: Carried = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', randomBytes(16).toString('base64')],
]

const routes: readonly Route[] = [
  { name: 'a page of the site', line: 'GET /private', told: site },
  { name: 'its API', line: 'GET /api/me', told: site },
  { name: 'an upload', line: 'POST /upload', more: json, body: '{"a":1}', told: site },
  { name: 'an event stream', line: 'GET /events', more: [['accept', 'text/event-stream']], told: site },
  { name: 'a WebSocket', line: 'GET /ws', more: upgrade, told: site },
  { name: 'a page for administrators', line: 'GET /admin', told: site },
  { name: 'the session', line: 'GET /auth/v1/session', told: own },
  { name: 'the list of sessions', line: 'GET /auth/v1/sessions', told: own },
  { name: 'ending a session', line: `DELETE /auth/v1/sessions/${randomUUID()}`, told: own },
  { name: 'ending all others', line: 'POST /auth/v1/sessions/revoke-all-others', more: json, body: '{}', told: own },
  {
    name: 'changing the password',
    line: 'POST /auth/v1/password/change',
    more: json,
    body: '{"current_password":"x","new_password":"a long new password"}',
    told: own,
  },
  { name: 'adding a factor', line: 'POST /auth/v1/mfa/totp/start', more: json, body: '{}', told: own },
  { name: 'the administrators’ list of clients', line: 'GET /auth/v1/admin/clients', told: own },
  { name: 'an administrator’s change', line: 'DELETE /auth/v1/admin/clients/none-there', told: own },
  { name: 'userinfo', line: 'GET /auth/oauth/userinfo', told: ({ userinfo }) => userinfo },
]

interface Answer {
  readonly status: number
  readonly code: string | null
  readonly challenge: string | null
  readonly cookies: readonly string[]
  readonly reached: number
}

async function ask(route: Route, carried: Carried): Promise<Answer> {
  const probe = randomUUID()
  const { host, port } = new URL(gateway.url)
  const lines: Carried = [
    ['host', host],
    ['accept', 'application/json'],
    ['cf-connecting-ip', newAddress()],
    ['x-probe', probe],
    ...(route.name === 'a WebSocket' ? [] : ([['connection', 'close']] as Carried)),
    ...(route.more ?? []).filter(([name]) => name !== 'accept'),
    ...(route.body === undefined ? [] : ([['content-length', String(route.body.length)]] as Carried)),
    ...carried,
  ]
  const head = [`${route.line} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')
  const answer = await sendRaw(Number(port), `${head}\r\n\r\n${route.body ?? ''}`)
  if (answer === null) throw new Error('no answer')
  return {
    status: answer.status,
    code: header(answer, 'x-portcullis-response'),
    challenge: header(answer, 'www-authenticate'),
    cookies: answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    reached: origin.of(probe).length,
  }
}

describe.each(refused)('%s', (_, told, carried) => {
  it('is told what it should be at every protected route, and brings nobody to the site', async () => {
    const credential = await carried()
    const answers = await Promise.all(routes.map(async (route) => ({ route, answer: await ask(route, credential) })))
    const statuses = (of: (route: Route, answer: Answer) => number): Record<string, number> =>
      Object.fromEntries(answers.map(({ route, answer }) => [route.name, of(route, answer)]))
    expect(statuses((_route, { status }) => status)).toEqual(statuses((route) => route.told(told)))
    for (const { route, answer } of answers) {
      expect([route.name, answer.reached]).toEqual([route.name, 0])
      expect(answer.cookies.filter((line) => line.startsWith(`${cookieName}=`) && !/max-age=0/i.test(line))).toEqual([])
      if (answer.status !== 401) continue
      expect([route.name, answer.code]).toEqual([
        route.name,
        expect.stringMatching(/^(?:unauthenticated|invalid_token)$/),
      ])
      // RFC 6750 §3.1: an error is named only to those who sent something.
      expect([route.name, answer.challenge]).toEqual([route.name, expect.stringMatching(/^(?:Bearer|DPoP)/)])
      if (credential.length === 0) expect([route.name, answer.challenge]).toEqual([route.name, 'Bearer'])
    }
  })
})

describe('what is good', () => {
  it.each<[string, Told & { readonly admin: number }, () => Promise<Carried> | Carried]>([
    ['a session cookie', { site: 200, own: 200, userinfo: 401, admin: 403 }, () => cookie(cookieOf(person.visitor))],
    ['an administrator’s', { site: 200, own: 200, userinfo: 401, admin: 200 }, () => cookie(cookieOf(admin.visitor))],
    ['an own token', { site: 200, own: 200, userinfo: 200, admin: 403 }, async () => bearer(await ownToken({}))],
    [
      'a trusted issuer’s token',
      { site: 200, own: 403, userinfo: 401, admin: 403 },
      async () => bearer(await issuer.token()),
    ],
  ])('%s opens what it should', async (_, told, carried) => {
    const credential = await carried()
    const of = async (name: string): Promise<[number, number]> => {
      const route = routes.find((one) => one.name === name)
      if (route === undefined) throw new Error(`no route ${name}`)
      const { status, reached } = await ask(route, credential)
      return [status, reached]
    }
    for (const name of ['a page of the site', 'its API', 'an upload'])
      expect([name, await of(name)]).toEqual([name, [told.site, 1]])
    expect(await of('the session')).toEqual([told.own, 0])
    expect(await of('userinfo')).toEqual([told.userinfo, 0])
    expect(await of('the administrators’ list of clients')).toEqual([told.admin, 0])
  })
})
