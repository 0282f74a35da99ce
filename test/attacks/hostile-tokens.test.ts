// Tokens made to be believed, against an issuer that is trusted and against the gateway as its own issuer: every one refused with
// the same words, without a fault and without asking anybody anything.
import { type JSONWebKeySet, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rsaPrivateJwk } from '../../src/kit/rsa.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { hostileTokens } from '../support/hostile-tokens/all.ts'
import { type Hostile, type Model, createModel } from '../support/hostile-tokens/model.ts'
import { type SigningKey, type TestIssuer, audience, inSeconds, startIssuer } from '../support/issuer.ts'
import { authorizedTokens, newClient, tokenLogin } from '../support/oauth.ts'
import { storedKeyOf } from '../support/own-token.ts'
import { type Person, newPerson } from '../support/people.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const unknownKeyEveryMs = 30_000

let issuer: TestIssuer
let attacker: TestIssuer
let origin: RecordingOrigin
let gateway: TestGateway

beforeAll(async () => {
  ;[issuer, attacker, origin] = await Promise.all([startIssuer(), startIssuer(), startRecordingOrigin()])
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] }]
  gateway = await startGateway({ originUrl: origin.url, bundle: bundleWith({ ...shippedConfig, issuers }) })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), attacker.stop(), origin.stop()])
})

const send = (token: string, visitor = newVisitor(gateway)): Promise<Response> =>
  visitor.send('GET', '/private', undefined, { authorization: `Bearer ${token}` })

const identities = (): Promise<unknown> => gateway.sql('select subject from identities order by subject')
const refusals = async (): Promise<number> =>
  Number((await gateway.sql("select count(*)::int as n from audit_events where type = 'token.refused'"))[0]?.['n'])

/** Sends them all, and looks at what came of it everywhere but at the issuer. */
async function expectRefused(hostile: readonly Hostile[]): Promise<void> {
  // The address of one client, so that what it is told cannot differ by who asks.
  const visitor = newVisitor(gateway)
  const [known, refusedBefore, reached] = [await identities(), await refusals(), origin.received.length]
  const believed: string[] = []
  const bodies = new Set<string>()
  const challenges = new Set<string | null>()
  for (const [name, token] of hostile) {
    const answer = await send(token, visitor)
    const body = await answer.text()
    if (answer.status !== 401) believed.push(`${name}: ${answer.status}`)
    bodies.add(body.replace(/"request_id":"[^"]+"/, ''))
    challenges.add(answer.headers.get('www-authenticate'))
  }
  expect(believed).toEqual([])
  expect([...bodies]).toHaveLength(1)
  expect([...challenges]).toEqual([
    'Bearer error="invalid_token", error_description="The access token is not accepted"',
  ])
  expect(attacker.asked).toEqual([])
  expect(origin.received.length).toBe(reached)
  expect(await identities()).toEqual(known)
  await expect.poll(async () => (await refusals()) - refusedBefore, { timeout: 20_000 }).toBe(hostile.length)
  const trail = JSON.stringify(await gateway.sql('select reason, details from audit_events'))
  for (const [, token] of hostile) if (token.length > 60) expect(trail.includes(token.slice(0, 60))).toBe(false)
  expect(trail).not.toContain('victim')
}

const differing = (hostile: readonly Hostile[]): number => new Set(hostile.map(([, token]) => token)).size

/** What may be a new key of the issuer, for all that can be known here. */
function namesAnotherKey(token: string, known: unknown): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
    const { kid } = header as { kid?: unknown }
    return typeof kid === 'string' && kid !== known
  } catch {
    return false
  }
}

describe('a hostile token of a trusted issuer', () => {
  let model: Model
  let hostile: readonly Hostile[]
  const ofAnotherKey = ([, token]: Hostile): boolean => namesAnotherKey(token, model.key.publicJwk.kid)

  beforeAll(async () => {
    const [key] = issuer.keys
    if (key === undefined) throw new Error('no key')
    const goodClaims = () => ({
      iss: issuer.url,
      aud: audience,
      sub: 'victim',
      iat: inSeconds(0),
      exp: inSeconds(300),
    })
    model = createModel({ key, issuer, audience, goodClaims, attacker, gatewayUrl: gateway.url })
    hostile = await hostileTokens(model)
  })

  it('is one of at least 250, and what they are made of is accepted', async () => {
    expect(hostile.length).toBeGreaterThanOrEqual(250)
    expect(differing(hostile)).toBeGreaterThanOrEqual(250)
    await expect.poll(async () => (await send(await model.good())).status, { timeout: 30_000 }).toBe(200)
    expect(await identities()).toEqual([{ subject: `${issuer.url}#victim` }])
  })

  it('is refused, and nobody is asked anything because of it', async () => {
    const before = [...issuer.asked]
    const those = hostile.filter((one) => !ofAnotherKey(one))
    expect(those.length).toBeGreaterThan(200)
    await expectRefused(those)
    expect(issuer.asked).toEqual(before)
  })

  it('is refused under the name of another key, which the issuer is asked for once in thirty seconds for all of them', async () => {
    const before = issuer.asked.length
    const those = hostile.filter(ofAnotherKey)
    expect(those.length).toBeGreaterThan(20)
    const startedAt = performance.now()
    await expectRefused(those)
    const elapsedMs = performance.now() - startedAt
    expect(issuer.asked.length - before).toBeGreaterThanOrEqual(1)
    expect(issuer.asked.length - before).toBeLessThanOrEqual(1 + Math.floor(elapsedMs / unknownKeyEveryMs))
  })
})

describe('a hostile token of the gateway itself', () => {
  let person: Person
  let issued: string
  let model: Model

  beforeAll(async () => {
    person = await newPerson(gateway)
    issued = (await tokenLogin(newVisitor(gateway), person)).access_token
    const stored = storedKeyOf(gateway, issued)
    const published = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
    const publicJwk = published.keys.find(({ kid }) => kid === decodeProtectedHeader(issued).kid)
    const privateKey = await importJWK({ ...rsaPrivateJwk(stored), alg: 'RS256' })
    if (publicJwk === undefined || privateKey instanceof Uint8Array) throw new Error('no key')
    const key: SigningKey = { algorithm: 'RS256', privateKey, publicJwk }
    const goodClaims = () => ({ ...decodeJwt(issued) })
    const own = { url: gateway.url }
    model = createModel({ key, issuer: own, audience: gateway.url, goodClaims, attacker, gatewayUrl: gateway.url })
  })

  /** By the key of the gateway, and about a session: what nobody else's tokens say. */
  async function aboutSessions(): Promise<Hostile[]> {
    const another = await newPerson(gateway)
    const { sid, shard } = decodeJwt((await tokenLogin(newVisitor(gateway), another)).access_token)
    const application = await newClient(gateway, { isFirstParty: true })
    const tokens = await authorizedTokens(gateway, person.visitor, application)
    const rows: readonly (readonly [string, Record<string, unknown>])[] = [
      ['the session of somebody else', { sid, shard }],
      ['the subject of somebody else', { sub: another.userId }],
      ['meant for others', { aud: `${gateway.url}/userinfo` }],
      ...[undefined, null, '', 0, [], {}, 'x', '00000000-0000-7000-8000-000000000000', `${String(sid)} `].flatMap(
        (value) => ['sid', 'shard'].map((name) => [`${name} ${JSON.stringify(value)}`, { [name]: value }] as const),
      ),
    ]
    const made = rows.map(async ([name, claims]): Promise<Hostile> => [name, await model.withClaims(claims)])
    return [
      ...(await Promise.all(made)),
      ['its ID token', tokens.id_token ?? ''],
      ['its refresh token', tokens.refresh_token],
    ]
  }

  it('is refused, each of at least 250, and nobody is asked anything because of it', async () => {
    expect([(await send(issued)).status, (await send(await model.good())).status]).toEqual([200, 200])
    const hostile = [...(await hostileTokens(model)), ...(await aboutSessions())]
    expect(differing(hostile)).toBeGreaterThanOrEqual(250)
    const before = [...issuer.asked]
    await expectRefused(hostile)
    expect(issuer.asked).toEqual(before)
    expect((await send(issued)).status).toBe(200)
  })
})
