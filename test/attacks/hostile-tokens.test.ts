// Tokens made to be believed: every one refused with the same words, without a fault and without asking anybody anything.
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { CompactEncrypt, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Hostile, hostileJws, signRaw } from '../support/hostile-jws.ts'
import { type SigningKey, type TestIssuer, audience, inSeconds, signToken, startIssuer } from '../support/issuer.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

let issuer: TestIssuer
let attacker: TestIssuer
let origin: RecordingOrigin
let gateway: TestGateway
let key: SigningKey

beforeAll(async () => {
  ;[issuer, attacker, origin] = await Promise.all([startIssuer(), startIssuer(), startRecordingOrigin()])
  const [first] = issuer.keys
  if (first === undefined) throw new Error('no key')
  key = first
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience] }]
  gateway = await startGateway({ originUrl: origin.url, bundle: await bundleWith({ ...shippedConfig, issuers }) })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), attacker.stop(), origin.stop()])
})

const goodClaims = (): Record<string, unknown> => ({
  iss: issuer.url,
  aud: audience,
  sub: 'victim',
  iat: inSeconds(0),
  exp: inSeconds(300),
})
const goodHeader = (): Record<string, unknown> => ({ alg: 'RS256', kid: key.publicJwk.kid, typ: 'at+jwt' })
const good = (): Promise<string> => signToken(key, goodClaims())
const withClaims = (claims: Record<string, unknown>): Promise<string> => signToken(key, { ...goodClaims(), ...claims })

/** What is wrong with any signed JWT, and names of servers in it that nobody may ask. */
function forged(): Promise<readonly Hostile[]> {
  return hostileJws({ key, goodHeader, goodClaims, attackerUrl: attacker.url })
}

/** Good tokens of an issuer nobody configured. */
async function elsewhere(): Promise<Hostile[]> {
  const claims = { ...goodClaims(), iss: attacker.url }
  const [attackersKey] = attacker.keys
  if (attackersKey === undefined) throw new Error('no key')
  return [
    ['an issuer of the attacker’s own', await signToken(attackersKey, claims)],
    [
      'an issuer of the attacker’s own with jku',
      await signToken(attackersKey, claims, { jku: `${attacker.url}/keys` }),
    ],
  ]
}

/** Right in everything but one claim. */
async function wrongClaims(): Promise<Hostile[]> {
  const times: readonly unknown[] = [
    '9999999999',
    String(inSeconds(300)),
    null,
    true,
    [],
    {},
    [inSeconds(300)],
    '',
    'never',
    '1e99',
    { seconds: 1 },
  ]
  const rows: readonly (readonly [string, Record<string, unknown>])[] = [
    ...times.flatMap((value) =>
      ['exp', 'nbf', 'iat'].map((claim) => [`${claim} ${JSON.stringify(value)}`, { [claim]: value }] as const),
    ),
    ['no exp', { exp: undefined }],
    ['exp 0', { exp: 0 }],
    ['exp -1', { exp: -1 }],
    ['exp a minute ago', { exp: inSeconds(-60) }],
    ['exp in a year', { exp: inSeconds(365 * 86_400) }],
    ['exp in the year 9999', { exp: 253_402_300_799 }],
    ['exp beyond any date', { exp: Number.MAX_SAFE_INTEGER }],
    ['exp of 1.8e308 less', { exp: 1e300 }],
    ['nbf in a minute', { nbf: inSeconds(60) }],
    ['nbf in the year 9999', { nbf: 253_402_300_799 }],
    ['iat in a minute', { iat: inSeconds(60) }],
    ['iat in the year 9999', { iat: 253_402_300_799 }],
    ['no aud', { aud: undefined }],
    ...[
      null,
      '',
      'https://other.example',
      `${audience}/`,
      audience.toUpperCase(),
      ` ${audience}`,
      [],
      [''],
      ['https://other.example'],
      {},
      0,
      true,
      [[audience]],
      [audience, 1],
      [audience, null],
      { [audience]: true },
    ].map((aud) => [`aud ${JSON.stringify(aud)}`, { aud }] as const),
    ['no iss', { iss: undefined }],
    ...[
      null,
      '',
      `${issuer.url}/`,
      issuer.url.toUpperCase(),
      `${issuer.url}#`,
      `${issuer.url}?`,
      [issuer.url],
      { url: issuer.url },
      attacker.url,
      'https://accounts.google.com',
    ].map((iss) => [`iss ${JSON.stringify(iss)}`, { iss }] as const),
    ['no sub', { sub: undefined }],
    ...[null, '', 0, true, [], {}, ['victim'], 'a\u0000b', 'a\nb', ' victim', 'victim ', '\ud800', 'x'.repeat(256)].map(
      (sub) => [`sub ${JSON.stringify(sub)?.slice(0, 30)}`, { sub }] as const,
    ),
    ['a key its holder has to prove', { cnf: { jkt: 'x' } }],
  ]
  return Promise.all(rows.map(async ([name, claims]): Promise<Hostile> => [name, await withClaims(claims)]))
}

/** Tokens the issuer signed for something else. */
async function otherKinds(): Promise<Hostile[]> {
  const types: readonly unknown[] = [
    'JWT',
    'jwt',
    'JOSE',
    'id+jwt',
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'application/jwt',
    'portcullis-assertion+jwt',
    'at+jwt ',
    'at jwt',
    '',
    undefined,
  ]
  const infinite = JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":1e400')
  const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(goodClaims())))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(createSecretKey(Buffer.alloc(32)))
  const assertion = await new SignJWT({ ...goodClaims(), iss: gateway.url })
    .setProtectedHeader({ alg: 'ES256', typ: 'portcullis-assertion+jwt', kid: 'x' })
    .sign(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  return [
    ...(await Promise.all(
      types.map(async (typ): Promise<Hostile> => [
        `typ ${JSON.stringify(typ)}`,
        await signToken(key, goodClaims(), { typ }),
      ]),
    )),
    ...(await Promise.all(
      [null, 1, [], ['at+jwt'], {}].map(async (typ): Promise<Hostile> => [
        `typ ${JSON.stringify(typ)}`,
        await signRaw(key, JSON.stringify({ ...goodHeader(), typ }), JSON.stringify(goodClaims())),
      ]),
    )),
    ...(await Promise.all(
      [null, 1, [], ['RS256'], {}, undefined].map(async (alg): Promise<Hostile> => [
        `alg ${JSON.stringify(alg)}`,
        await signRaw(key, JSON.stringify({ ...goodHeader(), alg }), JSON.stringify(goodClaims())),
      ]),
    )),
    ['an infinite expiry', await signRaw(key, JSON.stringify(goodHeader()), infinite)],
    ['an encrypted token', encrypted],
    ['an assertion of the gateway', assertion],
  ]
}

describe('a hostile token', () => {
  it('control: what they are made of is accepted', async () => {
    const answer = await newVisitor(gateway).send('GET', '/private', undefined, {
      authorization: `Bearer ${await good()}`,
    })
    expect(answer.status).toBe(200)
  })

  it('is refused, each of at least 250, with one text, no fault, and no request to anybody it names', async () => {
    const makers = [forged, elsewhere, wrongClaims, otherKinds]
    const hostile = (await Promise.all(makers.map((make) => make()))).flat()
    expect(hostile.length).toBeGreaterThanOrEqual(250)
    expect(new Set(hostile.map(([, token]) => token)).size).toBeGreaterThanOrEqual(250)
    const visitor = newVisitor(gateway)
    const believed: string[] = []
    const bodies = new Set<string>()
    const challenges = new Set<string | null>()
    const fetchesBefore = issuer.keySetFetches()
    const reached = origin.received.length
    for (const [name, token] of hostile) {
      const answer = await visitor.send('GET', '/private', undefined, { authorization: `Bearer ${token}` })
      const body = (await answer.json()) as Record<string, unknown>
      if (answer.status !== 401) believed.push(`${name}: ${answer.status}`)
      bodies.add(JSON.stringify({ ...body, request_id: '' }))
      challenges.add(answer.headers.get('www-authenticate'))
    }
    expect(believed).toEqual([])
    expect([...bodies]).toHaveLength(1)
    expect([...challenges]).toEqual([
      'Bearer error="invalid_token", error_description="The access token is not accepted"',
    ])
    expect(attacker.asked).toEqual([])
    expect(origin.received.length).toBe(reached)
    // An unknown key name may be a new key: one question in thirty seconds for all of them.
    expect(issuer.keySetFetches() - fetchesBefore).toBeLessThanOrEqual(3)
    expect(await gateway.sql('select subject from identities')).toEqual([{ subject: `${issuer.url}#victim` }])
    await expect
      .poll(
        async () => (await gateway.sql("select count(*)::int as n from audit_events where type = 'token.refused'"))[0],
        { timeout: 20_000 },
      )
      .toEqual({ n: hostile.length })
    const trail = JSON.stringify(await gateway.sql('select reason, details from audit_events'))
    for (const [, token] of hostile) if (token.length > 60) expect(trail.includes(token.slice(0, 60))).toBe(false)
    expect(trail).not.toContain('victim')
  })
})
