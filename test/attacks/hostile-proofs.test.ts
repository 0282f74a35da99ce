// Proofs of a key that are not what they say (RFC 9449 §4.3, §11): whatever is wrong with one, the site is not asked and
// nothing breaks. Each is a good proof but for one thing.
import { type KeyObject, createHmac, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto'
import { exportJWK } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Holder, newHolder, nonceOf, tokenHash } from '../support/dpop.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { tokenLogin } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { newPerson } from '../support/people.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { newVisitor } from '../support/visitor.ts'

let origin: RecordingOrigin
let gateway: TestGateway
let holder: Holder
let other: Holder
let key: KeyObject
let otherKey: KeyObject
let privateJwk: Record<string, unknown>
let token: string
let anotherToken: string
let nonce: string

beforeAll(async () => {
  origin = await startRecordingOrigin()
  gateway = await startGateway({ originUrl: origin.url })
  ;[holder, other] = await Promise.all([newHolder(), newHolder()])
  privateJwk = { ...(await exportJWK(holder.key)) }
  key = createPrivateKey({ key: privateJwk, format: 'jwk' })
  otherKey = createPrivateKey({ key: { ...(await exportJWK(other.key)) }, format: 'jwk' })
  const issued = (await tokenLogin(newVisitor(gateway), await newPerson(gateway))).access_token
  const cnf = { jkt: holder.jkt }
  ;[token, anotherToken] = [
    await ownToken(gateway, issued, { cnf }),
    await ownToken(gateway, issued, { cnf, jti: 'x' }),
  ]
})
beforeEach(async () => {
  nonce = await nonceOf(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
})

const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset
const b64 = (text: string | Buffer): string => Buffer.from(text).toString('base64url')
const json = (members: object): string => JSON.stringify(members)

interface Parts {
  /** As text, so that it may be no JSON, or JSON that says a thing twice. */
  readonly header: string
  readonly claims: string
  readonly signature?: (signed: string) => Buffer
}

const es256 = (by: KeyObject) => (signed: string) =>
  sign('sha256', Buffer.from(signed), { key: by, dsaEncoding: 'ieee-p1363' })

function compact({ header, claims, signature = es256(key) }: Parts): string {
  const signed = `${b64(header)}.${b64(claims)}`
  return `${signed}.${b64(signature(signed))}`
}

const goodHeader = (): Record<string, unknown> => ({ typ: 'dpop+jwt', alg: 'ES256', jwk: holder.jwk })
const goodClaims = (): Record<string, unknown> => ({
  jti: randomUUID(),
  htm: 'GET',
  htu: `${gateway.url}/private`,
  iat: seconds(0),
  ath: tokenHash(token),
  nonce,
})
const proof = (header: object = {}, claims: object = {}, signature?: Parts['signature']): string =>
  compact({
    header: json({ ...goodHeader(), ...header }),
    claims: json({ ...goodClaims(), ...claims }),
    ...(signature === undefined ? {} : { signature }),
  })
const twice = (text: string, member: string): string => text.replace('{', `{${member},`)

function hmac(secret: () => Buffer | string): (signed: string) => Buffer {
  return (signed) => createHmac('sha256', secret()).update(signed).digest()
}
const publicPem = (): Buffer => Buffer.from(createPublicKey(key).export({ type: 'spki', format: 'pem' }))

type Crafted = readonly [what: string, make: () => string]

const crafted: readonly Crafted[] = [
  // The signature.
  ['no signature', () => proof().replace(/\.[^.]*$/, '.')],
  ['none as its algorithm', () => proof({ alg: 'none' }, {}, () => Buffer.alloc(0))],
  ['none, and a signature all the same', () => proof({ alg: 'none' })],
  ['NONE in capitals', () => proof({ alg: 'NONE' })],
  ['the public key as a secret', () => proof({ alg: 'HS256' }, {}, hmac(publicPem))],
  [
    'the thumbprint as a secret',
    () =>
      proof(
        { alg: 'HS256' },
        {},
        hmac(() => holder.jkt),
      ),
  ],
  [
    'an embedded secret',
    () =>
      proof(
        { alg: 'HS256', jwk: { kty: 'oct', k: b64('secret') } },
        {},
        hmac(() => 'secret'),
      ),
  ],
  ['a signature by another key', () => proof({}, {}, es256(otherKey))],
  [
    'a signature of other claims',
    () =>
      proof()
        .split('.')
        .with(1, b64(json({ ...goodClaims(), jti: 'x' })))
        .join('.'),
  ],
  ['a signature of nothing but zeros', () => proof({}, {}, () => Buffer.alloc(64))],
  ['a signature as DER', () => proof({}, {}, (signed) => sign('sha256', Buffer.from(signed), key))],
  ['a signature that is cut', () => proof().slice(0, -4)],
  ['one more character', () => `${proof()}A`],
  ['padding', () => `${proof()}==`],
  // The key.
  ['another key, and its signature', () => proof({ jwk: other.jwk }, {}, es256(otherKey))],
  ['the right key by name, and another one', () => proof({ jwk: other.jwk, kid: holder.jkt }, {}, es256(otherKey))],
  ['no key', () => proof({ jwk: undefined })],
  ['a name of a key', () => proof({ jwk: undefined, kid: holder.jkt })],
  ['an address of a key', () => proof({ jwk: undefined, jku: `${gateway.url}/.well-known/jwks.json` })],
  ['the private key', () => proof({ jwk: privateJwk })],
  ['a key as text', () => proof({ jwk: json(holder.jwk) })],
  ['a list of keys', () => proof({ jwk: [holder.jwk] })],
  ['a key of another curve by its name', () => proof({ jwk: { ...holder.jwk, crv: 'P-384' } })],
  ['a point that is not on the curve', () => proof({ jwk: { ...holder.jwk, y: b64(Buffer.alloc(32, 1)) } })],
  ['a key for encryption', () => proof({ jwk: { ...holder.jwk, use: 'enc' } })],
  ['a key for another algorithm', () => proof({ jwk: { ...holder.jwk, alg: 'ES384' } })],
  [
    'two keys, of which the last is right',
    () => compact({ header: twice(json(goodHeader()), `"jwk":${json(other.jwk)}`), claims: json(goodClaims()) }),
  ],
  // The header.
  ['another type', () => proof({ typ: 'JWT' })],
  ['no type', () => proof({ typ: undefined })],
  ['the type of an access token', () => proof({ typ: 'at+jwt' })],
  ['an algorithm that is not offered', () => proof({ alg: 'ES512' })],
  ['a critical extension', () => proof({ crit: ['exp'], exp: seconds(60) })],
  ['an unencoded payload', () => proof({ b64: false, crit: ['b64'] })],
  ['a header of 5 KB', () => proof({ filler: 'x'.repeat(5000) })],
  // The claims.
  ['another method', () => proof({}, { htm: 'POST' })],
  ['the method in small letters', () => proof({}, { htm: 'get' })],
  ['a list of methods', () => proof({}, { htm: ['GET'] })],
  ['no method', () => proof({}, { htm: undefined })],
  ['another host', () => proof({}, { htu: 'https://other.example/private' })],
  ['another path', () => proof({}, { htu: `${gateway.url}/private/more` })],
  ['a path in capitals', () => proof({}, { htu: `${gateway.url}/PRIVATE` })],
  ['the path alone', () => proof({}, { htu: '/private' })],
  ['another scheme', () => proof({}, { htu: gateway.url.replace('http:', 'https:') + '/private' })],
  ['somebody before the host', () => proof({}, { htu: gateway.url.replace('//', '//a:b@') + '/private' })],
  ['our host before another', () => proof({}, { htu: gateway.url.replace('//', '//localhost@other.example/') })],
  ['no address', () => proof({}, { htu: undefined })],
  ['a list of addresses', () => proof({}, { htu: [`${gateway.url}/private`] })],
  ['another token', () => proof({}, { ath: tokenHash(anotherToken) })],
  ['the token itself', () => proof({}, { ath: token })],
  ['the hash in hexadecimal', () => proof({}, { ath: Buffer.from(tokenHash(token), 'base64url').toString('hex') })],
  ['no token', () => proof({}, { ath: undefined })],
  ['an empty hash', () => proof({}, { ath: '' })],
  ['a time two minutes ago', () => proof({}, { iat: seconds(-120) })],
  ['a time in two minutes', () => proof({}, { iat: seconds(120) })],
  ['a time as text', () => proof({}, { iat: String(seconds(0)) })],
  ['no time', () => proof({}, { iat: undefined })],
  [
    'a time beyond numbers',
    () =>
      compact({
        header: json(goodHeader()),
        claims: json({ ...goodClaims(), iat: 0 }).replace('"iat":0', '"iat":1e999'),
      }),
  ],
  ['an end that has passed', () => proof({}, { exp: seconds(-120) })],
  ['an end as text', () => proof({}, { exp: String(seconds(60)) })],
  ['a beginning to come', () => proof({}, { nbf: seconds(120) })],
  ['no id', () => proof({}, { jti: undefined })],
  ['an empty id', () => proof({}, { jti: '' })],
  ['an id that is a number', () => proof({}, { jti: 5 })],
  ['an id of a kilobyte', () => proof({}, { jti: 'x'.repeat(1000) })],
  ['no nonce', () => proof({}, { nonce: undefined })],
  ['a nonce of its own', () => proof({}, { nonce: 'A'.repeat(22) })],
  ['a list of nonces', () => proof({}, { nonce: [nonce] })],
  [
    'two methods, of which the last is right',
    () => compact({ header: json(goodHeader()), claims: twice(json(goodClaims()), '"htm":"POST"') }),
  ],
  // The message.
  ['nothing', () => ''],
  ['three dots', () => '...'],
  ['the access token', () => token],
  ['one part too many', () => `${proof()}.${b64('{}')}`],
  [
    'the JSON form',
    () => {
      const [head, claims, signature] = proof().split('.')
      return json({ payload: claims, signatures: [{ protected: head, signature }] })
    },
  ],
  ['two proofs', () => `${proof()}, ${proof()}`],
  [
    'another alphabet',
    () =>
      proof({ filler: '?'.repeat(8) })
        .replaceAll('_', '/')
        .replaceAll('-', '+'),
  ],
  ['claims that are a list', () => compact({ header: json(goodHeader()), claims: json([goodClaims()]) })],
  ['brackets, 8 KB deep', () => compact({ header: json(goodHeader()), claims: '['.repeat(6000) })],
  ['more than 8 KB', () => proof({}, { filler: 'x'.repeat(8000) })],
]

const ask = (dpop: string, probe: string): Promise<Response> =>
  newVisitor(gateway).send('GET', '/private', undefined, { authorization: `DPoP ${token}`, dpop, 'x-probe': probe })

describe('a proof with', () => {
  it.each(crafted)('%s is refused', async (_, make) => {
    const probe = randomUUID()
    const answer = await ask(make(), probe)
    expect([answer.status, answer.headers.get('www-authenticate')?.split(' ', 1)[0]]).toEqual([401, 'DPoP'])
    expect(origin.of(probe)).toEqual([])
    expect(await answer.text()).not.toContain(token)
  })

  it('nothing wrong is good, so that each of these is refused for what it says', async () => {
    for (const dpop of [proof(), proof({ kid: 'x' }, { htu: `${gateway.url}/private?a=b#c`, exp: seconds(60) })])
      expect((await ask(dpop, randomUUID())).status).toBe(200)
    expect(new Set(crafted.map(([what]) => what)).size).toBe(crafted.length)
  })
})
