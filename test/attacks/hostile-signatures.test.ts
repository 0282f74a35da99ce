// Signatures that a careless verifier takes for good: the padding of RSA, the numbers of ECDSA, the salt of PSS and the
// scalar of Ed25519, each made wrong with the issuer's own key. What stands in a token is right in all of them.
import { KeyObject, constants, createHash, privateEncrypt, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, inSeconds, startIssuer } from '../support/issuer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const names = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
type Name = (typeof names)[number]

const issuers = new Map<Name, TestIssuer>()
let gateway: TestGateway
beforeAll(async () => {
  for (const name of names) issuers.set(name, await startIssuer(name))
  const rows = [...issuers].map(([name, { url }]) => ({
    issuer: url,
    jwksUrl: `${url}/keys`,
    audiences: [audience],
    algorithms: [name],
  }))
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, issuers: rows }) })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([...issuers.values()].map((issuer) => issuer.stop()))
})

interface Signing {
  readonly key: KeyObject
  /** What is signed. */
  readonly text: Buffer
}
type Make = (signing: Signing) => Buffer

async function tokenBy(name: Name, make: Make): Promise<string> {
  const issuer = issuers.get(name)
  const key = issuer?.keys[0]
  if (issuer === undefined || key === undefined) throw new Error('no issuer')
  const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = { alg: name, kid: key.publicJwk.kid, typ: 'at+jwt' }
  const claims = { iss: issuer.url, aud: audience, sub: 'somebody', iat: inSeconds(0), exp: inSeconds(300) }
  const text = `${b64(header)}.${b64(claims)}`
  const signature = make({ key: KeyObject.from(key.privateKey), text: Buffer.from(text) })
  return `${text}.${signature.toString('base64url')}`
}

async function statusOf(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await newVisitor(gateway).send('GET', '/private', undefined, headers)).status
}

const sha = (text: Buffer, name = 'sha256'): Buffer => createHash(name).update(text).digest()
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** The header of a DigestInfo for SHA-256 (RFC 8017 §9.2, note 1). */
const digestInfo = hex('3031 300d 0609 6086 4801 6503 0402 01 0500 0420')

const rsaRaw = (key: KeyObject, block: Buffer): Buffer =>
  privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block)

/** `00 01 ff … 00` and what follows, in the 256 bytes of the key. */
function padded(
  content: Buffer,
  change: { readonly head?: string; readonly fill?: number; readonly end?: string } = {},
): Buffer {
  const [head, end] = [hex(change.head ?? '0001'), hex(change.end ?? '00')]
  return Buffer.concat([
    head,
    Buffer.alloc(256 - head.length - end.length - content.length, change.fill ?? 0xff),
    end,
    content,
  ])
}

const pkcs1 =
  (content: (text: Buffer) => Buffer, change?: Parameters<typeof padded>[1]): Make =>
  ({ key, text }) =>
    rsaRaw(key, padded(content(text), change))
const right = (text: Buffer): Buffer => Buffer.concat([digestInfo, sha(text)])

const pss =
  (saltLength: number, hash = 'sha256'): Make =>
  ({ key, text }) =>
    sign(hash, text, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)
const bytesOf = (value: bigint, length = 32): Buffer => Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex')
const es256: Make = ({ key, text }) => sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' })
const changedEs =
  (change: (r: bigint, s: bigint) => readonly [bigint, bigint]): Make =>
  (signing) => {
    const signature = es256(signing)
    const [r, s] = change(numberOf(signature.subarray(0, 32)), numberOf(signature.subarray(32)))
    return Buffer.concat([bytesOf(r), bytesOf(s)])
  }

const edOrder = 2n ** 252n + 27742317777372353535851937790883648493n
const eddsa: Make = ({ key, text }) => sign(null, text, key)
const reversed = (bytes: Buffer): Buffer => Buffer.from(bytes.toReversed())
const changedEd =
  (change: (r: Buffer, s: bigint) => readonly [Buffer, bigint]): Make =>
  (signing) => {
    const signature = eddsa(signing)
    const [r, s] = change(signature.subarray(0, 32), numberOf(reversed(signature.subarray(32))))
    return Buffer.concat([r, reversed(bytesOf(s % 2n ** 256n))])
  }
const identityPoint = Buffer.from([1, ...Buffer.alloc(31)])

const flipped =
  (make: Make, at: number): Make =>
  (signing) => {
    const signature = Buffer.from(make(signing))
    signature[(at + signature.length) % signature.length] = (signature.at(at) ?? 0) ^ 1
    return signature
  }
const cut =
  (make: Make, bytes: number): Make =>
  (signing) =>
    make(signing).subarray(0, bytes)
const extended =
  (make: Make, before: string, after: string): Make =>
  (signing) =>
    Buffer.concat([hex(before), make(signing), hex(after)])

const controls: Readonly<Record<Name, Make>> = { RS256: pkcs1(right), PS256: pss(32), ES256: es256, EdDSA: eddsa }

const wrong: Readonly<Record<Name, readonly (readonly [name: string, make: Make])[]>> = {
  RS256: [
    ['the hash without DigestInfo', pkcs1((text) => sha(text))],
    [
      'DigestInfo without NULL',
      pkcs1((text) => Buffer.concat([hex('302f 300b 0609 6086 4801 6503 0402 01 0420'), sha(text)])),
    ],
    [
      'DigestInfo with a long length',
      pkcs1((text) => Buffer.concat([hex('308131 300d 0609 6086 4801 6503 0402 01 0500 0420'), sha(text)])),
    ],
    [
      'DigestInfo of indefinite length',
      pkcs1((text) => Buffer.concat([hex('3080 300d 0609 6086 4801 6503 0402 01 0500 0420'), sha(text), hex('0000')])),
    ],
    [
      'parameters that are no NULL',
      pkcs1((text) => Buffer.concat([hex('3033 300f 0609 6086 4801 6503 0402 01 0502 cafe 0420'), sha(text)])),
    ],
    [
      'the name of SHA-1',
      pkcs1((text) => Buffer.concat([hex('3021 3009 0605 2b0e 0302 1a 0500 0414'), sha(text, 'sha1')])),
    ],
    [
      'the name of SHA-384 over SHA-256',
      pkcs1((text) => Buffer.concat([hex('3031 300d 0609 6086 4801 6503 0402 02 0500 0420'), sha(text)])),
    ],
    ['SHA-512 all the way', ({ key, text }) => sign('sha512', text, key)],
    ['garbage after the hash', pkcs1((text) => Buffer.concat([right(text), hex('00cafe')]))],
    [
      'garbage after a short padding',
      ({ key, text }) =>
        rsaRaw(key, Buffer.concat([hex('0001ffffffffffffffff00'), right(text), Buffer.alloc(256 - 11 - 51)])),
    ],
    ['padding of zeros', pkcs1(right, { fill: 0 })],
    [
      'padding with one other byte',
      ({ key, text }) => {
        const block = padded(right(text))
        block[20] = 0xfe
        return rsaRaw(key, block)
      },
    ],
    ['the block type of encryption', pkcs1(right, { head: '0002' })],
    ['block type 0', pkcs1(right, { head: '0000' })],
    ['no zero after the padding', pkcs1(right, { end: 'ff' })],
    ['PSS', pss(32)],
    ['another message', ({ key, text }) => sign('sha256', Buffer.concat([text, hex('20')]), key)],
    ['nothing', () => Buffer.alloc(256)],
    ['one', () => bytesOf(1n, 256)],
    ['another bit at the start', flipped(pkcs1(right), 0)],
    ['another bit at the end', flipped(pkcs1(right), -1)],
    ['a byte too few', cut(pkcs1(right), 255)],
    ['a zero byte before', extended(pkcs1(right), '00', '')],
    ['a zero byte after', extended(pkcs1(right), '', '00')],
  ],
  PS256: [
    ['no salt', pss(0)],
    ['a salt of 20 bytes', pss(20)],
    ['a salt of 48 bytes', pss(48)],
    ['the longest salt there can be', pss(222)],
    ['SHA-1', pss(20, 'sha1')],
    ['SHA-512', pss(64, 'sha512')],
    ['PKCS #1 v1.5', pkcs1(right)],
    ['nothing', () => Buffer.alloc(256)],
    ['another bit', flipped(pss(32), 100)],
    ['a byte too few', cut(pss(32), 255)],
    ['a zero byte before', extended(pss(32), '00', '')],
  ],
  ES256: [
    ['r = 0', changedEs((_, s) => [0n, s])],
    ['s = 0', changedEs((r) => [r, 0n])],
    ['both 0', changedEs(() => [0n, 0n])],
    ['both 1', changedEs(() => [1n, 1n])],
    ['r = n', changedEs((_, s) => [order, s])],
    ['s = n', changedEs((r) => [r, order])],
    ['both n', changedEs(() => [order, order])],
    ['r = n, s = 0', changedEs(() => [order, 0n])],
    ['both n - 1', changedEs(() => [order - 1n, order - 1n])],
    ['all bits', changedEs(() => [2n ** 256n - 1n, 2n ** 256n - 1n])],
    ['r and s the other way round', changedEs((r, s) => [s, r])],
    ['n - r', changedEs((r, s) => [order - r, s])],
    ['DER', ({ key, text }) => sign('sha256', text, key)],
    ['SHA-512', ({ key, text }) => sign('sha512', text, { key, dsaEncoding: 'ieee-p1363' })],
    ['another message', ({ key, text }) => es256({ key, text: Buffer.concat([text, hex('20')]) })],
    ['another bit of r', flipped(es256, 10)],
    ['another bit of s', flipped(es256, 40)],
    ['a byte too few', cut(es256, 63)],
    ['r alone', cut(es256, 32)],
    [
      'zero bytes before both',
      (signing) => {
        const signature = es256(signing)
        return Buffer.concat([hex('00'), signature.subarray(0, 32), hex('00'), signature.subarray(32)])
      },
    ],
    ['a byte after', extended(es256, '', '00')],
  ],
  EdDSA: [
    ['s + L', changedEd((r, s) => [r, s + edOrder])],
    ['s + 8 L', changedEd((r, s) => [r, s + 8n * edOrder])],
    ['s = 0', changedEd((r) => [r, 0n])],
    ['s = L', changedEd((r) => [r, edOrder])],
    ['all bits of s', changedEd((r) => [r, 2n ** 256n - 1n])],
    ['the neutral point and 0', changedEd(() => [identityPoint, 0n])],
    ['the neutral point', changedEd((_, s) => [identityPoint, s])],
    ['nothing', () => Buffer.alloc(64)],
    ['another sign of R', flipped(eddsa, 31)],
    ['another message', ({ key, text }) => eddsa({ key, text: Buffer.concat([text, hex('20')]) })],
    ['a byte too few', cut(eddsa, 63)],
    ['a byte after', extended(eddsa, '', '00')],
  ],
}

describe.each(names)('%s', (name) => {
  it('made by hand as it should be is accepted', async () => {
    expect(await statusOf(await tokenBy(name, controls[name]))).toBe(200)
  })

  it.each(wrong[name])('is refused with %s', async (_, make) => {
    expect(await statusOf(await tokenBy(name, make))).toBe(401)
  })
})
