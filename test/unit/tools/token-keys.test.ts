// The life of a signing key: published before it signs, kept after it signed, and its secret gone by then.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { environmentSchema } from '../../../src/config/environment-schema.ts'
import { rsaModulus, rsaPrivateJwk } from '../../../src/kit/rsa.ts'
import { TooSoon, createTokenKeys, keySizeOf, rotateTokenKeys } from '../../../tools/dev/token-keys.ts'

const at = (minutes: number): Date => new Date(Date.UTC(2030, 0, 1, 0, minutes))
const day = 24 * 60
const statesOf = ({ keys }: { keys: readonly { kid: string; state: string }[] }): Record<string, string> =>
  Object.fromEntries(keys.map(({ kid, state }) => [kid, state]))
const rotate = (set: Parameters<typeof rotateTokenKeys>[0], minutes: number, isForced = false) =>
  rotateTokenKeys(set, { bits: 2048, now: at(minutes), isForced })

describe('a rotation', () => {
  it('lets the next key sign, keeps the last one to verify without its secret, and makes another next', async () => {
    const before = await createTokenKeys(2048, at(0))
    const [active, next] = before.keys
    const after = await rotate(before, 60)
    expect(statesOf(after)).toMatchObject({ [active?.kid ?? '']: 'previous', [next?.kid ?? '']: 'active' })
    expect(after.keys.filter(({ state }) => state === 'next').length).toBe(1)
    const retired = after.keys.find(({ kid }) => kid === active?.kid)
    expect(Object.keys(retired ?? {}).toSorted()).toEqual(['e', 'kid', 'kty', 'n', 'since', 'state'])
    expect(retired).toMatchObject({ n: active !== undefined && 'p' in active ? rsaModulus(active).n : '' })
  })

  it('is refused while a verifier may not have seen the next key, unless it is forced', async () => {
    const before = await createTokenKeys(2048, at(0))
    await expect(rotate(before, 14)).rejects.toBeInstanceOf(TooSoon)
    expect((await rotate(before, 14, true)).keys.length).toBe(3)
    expect((await rotate(before, 15)).keys.length).toBe(3)
  })

  it('keeps a key for a day after it signed, however often it happens, and no longer', async () => {
    const first = await createTokenKeys(2048, at(0))
    const second = await rotate(first, 60)
    const third = await rotate(second, 60 + day - 1)
    expect(third.keys.filter(({ state }) => state === 'previous').length).toBe(2)
    const fourth = await rotate(third, 60 + day + 60)
    expect(fourth.keys.map(({ kid }) => kid)).not.toContain(first.keys[0]?.kid)
    expect(fourth.keys.filter(({ state }) => state === 'active').length).toBe(1)
  })
})

describe('TOKEN_KEYS', () => {
  const { shape } = environmentSchema.unwrap()
  const accepts = (keys: unknown): boolean => shape.TOKEN_KEYS.safeParse(JSON.stringify({ keys })).success

  it('with the largest keys, one of each state, fits in one secret of a worker', async () => {
    const set = await rotateTokenKeys(await createTokenKeys(4096, at(0)), { bits: 4096, now: at(60), isForced: false })
    const text = JSON.stringify(set)
    expect(text.length).toBeLessThan(5 * 1024)
    expect(shape.TOKEN_KEYS.safeParse(text).success).toBe(true)
  }, 120_000)

  it('may be a set of whole private JWKs', () => {
    const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
    const whole = { ...jwk, kid: 'abcdefgh', state: 'active', since: at(0).toISOString() }
    expect(accepts([whole])).toBe(true)
  })

  it('is refused without exactly one active key, with two of one name, or with weak keys', async () => {
    const { keys } = await createTokenKeys(2048, at(0))
    const [active, next] = keys
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' })
    const wrong: unknown[] = [
      [],
      [next],
      [active, { ...next, state: 'active' }],
      [active, next, { ...next, kid: 'another-1' }],
      [active, { ...next, kid: active?.kid }],
      [{ ...active, state: 'resting' }],
      [{ ...active, p: undefined }],
      [{ ...active, p: 'not/base64url' }],
      [{ ...weak, kid: 'abcdefgh', state: 'active', since: at(0).toISOString() }],
    ]
    for (const [index, set] of wrong.entries()) expect([index, accepts(set)]).toEqual([index, false])
    expect(accepts(keys)).toBe(true)
  })

  it('has sizes that are asked for by name', () => {
    expect(keySizeOf('3072')).toBe(3072)
    expect(() => keySizeOf('1024')).toThrow(/2048, 3072, 4096/)
  })
})

describe('a key told by its primes', () => {
  it('is the same key', () => {
    for (let round = 0; round < 5; round += 1) {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const { p = '', q = '', ...rest } = privateKey.export({ format: 'jwk' })
      const worked = rsaPrivateJwk({ p, q })
      expect(worked['n']).toBe(rest.n)
      expect([worked['dp'], worked['dq'], worked['qi']]).toEqual([rest.dp, rest.dq, rest.qi])
      const key = createPrivateKey({ key: { ...worked }, format: 'jwk' })
      const message = Buffer.from('message')
      expect(
        verify(
          'RSA-SHA256',
          message,
          createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
          sign('RSA-SHA256', message, key),
        ),
      ).toBe(true)
    }
  })

  it('is none when they are not the primes of one', () => {
    // A prime that 65537 divides one less of: there is no private exponent for it.
    const seven = Buffer.from([7]).toString('base64url')
    const bad = Buffer.from((65_537n * 2n * 3n + 1n).toString(16).padStart(6, '0'), 'hex').toString('base64url')
    expect(() => rsaPrivateJwk({ p: bad, q: seven })).toThrow(RangeError)
    expect(() => rsaModulus({ p: '', q: seven })).toThrow(TypeError)
  })
})
