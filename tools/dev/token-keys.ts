// Makes and rotates the keys that sign tokens: next → active → previous → gone.
import { generateKeyPair, randomBytes } from 'node:crypto'

import { promisify } from 'node:util'
import { rsaModulus } from '../../src/kit/rsa.ts'

/** A key as TOKEN_KEYS holds it: by its primes while it may sign, by its modulus once it only verifies. */
export type StoredTokenKey = {
  readonly kty: 'RSA'
  readonly kid: string
  readonly state: 'next' | 'active' | 'previous'
  /** When it entered this state. */
  readonly since: string
} & ({ readonly p: string; readonly q: string } | { readonly n: string; readonly e: 'AQAB' })

export interface TokenKeySet {
  readonly keys: readonly StoredTokenKey[]
}

const keySizes = [2048, 3072, 4096] as const
export type KeySize = (typeof keySizes)[number]

export function keySizeOf(text: string): KeySize {
  const size = keySizes.find((candidate) => String(candidate) === text)
  if (size === undefined) throw new Error(`the size of a key must be one of ${keySizes.join(', ')}, not "${text}"`)
  return size
}

/** Verifiers keep a key set for up to ten minutes: what signs must have been published for longer. */
const publishedBeforeMs = 15 * 60_000
/** The longest-lived thing signed that anybody verifies is an ID token: an hour. A day leaves room for clocks and caches. */
const keptAfterMs = 24 * 3600_000

const generate = promisify(generateKeyPair)

async function newKey(state: 'next' | 'active', bits: KeySize, now: Date): Promise<StoredTokenKey> {
  const { privateKey } = await generate('rsa', { modulusLength: bits, publicExponent: 65_537 })
  const { p = '', q = '' } = privateKey.export({ format: 'jwk' })
  return { kty: 'RSA', kid: randomBytes(8).toString('base64url'), state, since: now.toISOString(), p, q }
}

export async function createTokenKeys(bits: KeySize, now = new Date()): Promise<TokenKeySet> {
  return { keys: await Promise.all([newKey('active', bits, now), newKey('next', bits, now)]) }
}

export class TooSoon extends Error {}

/** The set after a rotation. Throws TooSoon while some verifier may not have seen the next key yet. */
export async function rotateTokenKeys(
  { keys }: TokenKeySet,
  { bits, now, isForced }: { readonly bits: KeySize; readonly now: Date; readonly isForced: boolean },
): Promise<TokenKeySet> {
  const next = keys.find(({ state }) => state === 'next')
  if (next === undefined) throw new Error('there is no next key; make a set with: npm run -s secrets')
  const waitMs = Date.parse(next.since) + publishedBeforeMs - now.getTime()
  if (waitMs > 0 && !isForced) {
    throw new TooSoon(
      `the next key was made ${next.since}; verifiers may not have seen it for ${Math.ceil(waitMs / 60_000)} more minutes`,
    )
  }
  const since = now.toISOString()
  const kept = keys.flatMap((key): StoredTokenKey[] => {
    if (key.state === 'next') return [{ ...key, state: 'active', since }]
    if (key.state === 'active') return [retired(key, since)]
    return now.getTime() - Date.parse(key.since) < keptAfterMs ? [key] : []
  })
  return { keys: [...kept, await newKey('next', bits, now)] }
}

/** Its secret goes: what no longer signs must not be able to. */
function retired(key: StoredTokenKey, since: string): StoredTokenKey {
  const { n } = 'n' in key ? key : rsaModulus(key)
  return { kty: 'RSA', kid: key.kid, state: 'previous', since, n, e: 'AQAB' }
}
