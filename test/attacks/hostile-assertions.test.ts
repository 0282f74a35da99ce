// Assertions of a client (`private_key_jwt`) made to be believed: every one refused alike, and none of them spends anything.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badKeyDocuments } from '../support/bad-key-sets.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { forgeries } from '../support/hostile-tokens/all.ts'
import { type Hostile, createForge } from '../support/hostile-tokens/model.ts'
import {
  type SigningKey,
  type TestIssuer,
  createSigningKey,
  inSeconds,
  signToken,
  startIssuer,
} from '../support/issuer.ts'
import { type TestClient, newClient, post } from '../support/oauth.ts'

let gateway: TestGateway
let attacker: TestIssuer
let key: SigningKey
let client: TestClient
let other: TestClient
beforeAll(async () => {
  ;[gateway, attacker, key] = await Promise.all([startGateway(), startIssuer(), createSigningKey()])
  client = await newClient(gateway, { authMethod: 'private_key_jwt', jwks: { keys: [key.publicJwk] } })
  other = await newClient(gateway, {
    authMethod: 'private_key_jwt',
    jwks: { keys: [(await createSigningKey()).publicJwk] },
  })
})
afterAll(() => Promise.all([gateway.stop(), attacker.stop()]))

const goodHeader = (): Record<string, unknown> => ({
  alg: 'RS256',
  kid: key.publicJwk.kid,
  typ: 'JWT',
})
const goodClaims = (): Record<string, unknown> => ({
  iss: client.id,
  sub: client.id,
  aud: gateway.url,
  jti: randomUUID(),
  iat: inSeconds(0),
  exp: inSeconds(60),
})
const forge = () => createForge({ key, goodHeader, goodClaims, attackerUrl: attacker.url, trustedUrl: gateway.url })
const signed = (claims: object = {}, header: object = {}): Promise<string> =>
  signToken(key, { ...goodClaims(), ...claims }, { typ: undefined, ...header })

/** What the gateway says to whoever shows it: a token that is none is revoked, if the client is believed. */
async function show(assertion: string): Promise<string> {
  const answer = await post(gateway, 'revoke', {
    token: 'x',
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })
  const { error } = answer.status === 200 ? { error: 'believed' } : ((await answer.json()) as { error: string })
  return `${answer.status} ${error}`
}

const refused = '401 invalid_client'

/** Right in everything but one claim, or one word about what it is. */
async function wrongInOne(): Promise<Hostile[]> {
  const claims: readonly Record<string, unknown>[] = [
    ...['9999999999', null, true, [], {}, '', 1e300].flatMap((time) => [{ exp: time }, { nbf: time }, { iat: time }]),
    { exp: undefined },
    { exp: inSeconds(-31) },
    { exp: inSeconds(11 * 60 + 1) },
    { nbf: inSeconds(60) },
    { iat: inSeconds(60) },
    ...[undefined, '', null, 5, ['x'], { x: 1 }, 'x'.repeat(257)].map((jti) => ({ jti })),
    ...[undefined, null, '', other.id, 'portcullis', [client.id], 5].flatMap((name) => [{ iss: name }, { sub: name }]),
    { iss: other.id, sub: other.id },
    ...[
      undefined,
      null,
      '',
      [],
      'https://other.example',
      `${gateway.url}/`,
      `${gateway.url}/auth/oauth/authorize`,
      [gateway.url, 'https://other.example'],
      [gateway.url, 5],
      [[gateway.url]],
      { [gateway.url]: true },
    ].map((aud) => ({ aud })),
    { cnf: { 'x5t#S256': 'x' } },
  ]
  const types = ['at+jwt', 'dpop+jwt', 'logout+jwt', 'JOSE', '', 'application/x']
  return Promise.all([
    ...claims.map(async (one): Promise<Hostile> => [JSON.stringify(one), await signed(one)]),
    ...types.map(async (typ): Promise<Hostile> => [`typ ${typ}`, await signed({}, { typ })]),
  ])
}

describe('a hostile assertion', () => {
  it('control: what they are made of is believed, once', async () => {
    const assertion = await signed()
    expect([await show(assertion), await show(assertion)]).toEqual(['200 believed', refused])
    for (const typ of ['JWT', 'client-authentication+jwt'])
      expect(await show(await signed({ aud: [`${gateway.url}/auth/oauth/token`, gateway.url] }, { typ }))).toBe(
        '200 believed',
      )
  })

  it('is refused, each of more than 200, and nobody it names is asked anything', async () => {
    const hostile = [...(await forgeries(forge())), ...(await wrongInOne())]
    expect(new Set(hostile.map(([, assertion]) => assertion)).size).toBeGreaterThan(200)
    const before = await gateway.sql('select count(*)::int as n from oauth_assertions')
    const answers: string[] = []
    for (const [name, assertion] of hostile) {
      const answer = await show(assertion)
      // Over the size of a body there is no form to read.
      const isTooLarge = assertion.length > 64 * 1024
      if (answer !== (isTooLarge ? '413 undefined' : refused)) answers.push(`${name}: ${answer}`)
    }
    expect(answers).toEqual([])
    expect(attacker.asked).toEqual([])
    expect(await gateway.sql('select count(*)::int as n from oauth_assertions')).toEqual(before)
  })

  it('is what every one becomes where a set on record has a key that is worth nothing', async () => {
    const set = (jwks: unknown): Promise<unknown> =>
      gateway.sql('update oauth_clients set jwks = $2::jsonb where id = $1', [client.id, JSON.stringify(jwks)])
    try {
      for (const [name, document] of Object.entries(badKeyDocuments(key.publicJwk))) {
        await set(document)
        expect([name, await show(await signed())]).toEqual([name, refused])
      }
    } finally {
      await set({ keys: [key.publicJwk] })
    }
    expect(await show(await signed())).toBe('200 believed')
  })

  it('is one by a key for something else, and one that could be of either of two', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const [p256, encrypting] = [await createSigningKey('ES256'), await createSigningKey()]
    const sets: readonly (readonly [string, SigningKey, readonly object[], boolean])[] = [
      ['a good one beside others', key, [key.publicJwk, p256.publicJwk, pair], true],
      ['encryption', encrypting, [key.publicJwk, { ...encrypting.publicJwk, use: 'enc' }], false],
      ['another algorithm', encrypting, [key.publicJwk, { ...encrypting.publicJwk, alg: 'PS256' }], false],
      ['two of one name', key, [key.publicJwk, { ...encrypting.publicJwk, kid: key.publicJwk.kid }], false],
    ]
    for (const [name, by, keys, isBelieved] of sets) {
      const { id } = await newClient(gateway, { authMethod: 'private_key_jwt', jwks: { keys } })
      const assertion = await signToken(by, { ...goodClaims(), iss: id, sub: id }, { typ: undefined })
      expect([name, await show(assertion)]).toEqual([name, isBelieved ? '200 believed' : refused])
    }
  })

  it('is one with a member twice, whichever of the two is right', async () => {
    const claims = JSON.stringify(goodClaims())
    for (const text of [claims.replace('{', '{"sub":"portcullis",'), claims.replace(/}$/, ',"sub":"portcullis"}')])
      expect(await show(await forge().signRaw(JSON.stringify(goodHeader()), text))).toBe(refused)
  })
})
