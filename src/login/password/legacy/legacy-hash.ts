// A hash that another system made, taken apart, if it is whole and comparing with it is bounded: what can be said of one is
// said when it is read, so that nothing that was stored can hold a worker up. Pure.
import { type Result, fail, succeed } from '../../../kit/result.ts'

export type LegacyHash =
  | { readonly kind: 'bcrypt'; readonly encoded: string; readonly isDigested: boolean }
  | { readonly kind: 'argon2'; readonly encoded: string; readonly type: 'argon2id' | 'argon2i' }
  | {
      readonly kind: 'scrypt'
      readonly salt: Uint8Array
      readonly n: number
      readonly r: number
      readonly p: number
      readonly hash: Uint8Array
    }
  | {
      readonly kind: 'pbkdf2'
      readonly digest: Pbkdf2Digest
      readonly iterations: number
      readonly salt: Uint8Array
      readonly hash: Uint8Array
    }
  | {
      readonly kind: 'firebase'
      readonly salt: Uint8Array
      readonly n: number
      readonly r: number
      readonly signerKey: Uint8Array
      readonly hash: Uint8Array
    }

export type Pbkdf2Digest = 'sha1' | 'sha256' | 'sha512'

/** One of a fixed list, as it is shown to whoever imports. */
export type LegacyFault =
  | 'a form of hash that is not known'
  | 'too costly to compare with'
  | 'too cheap to be worth keeping'
  | 'damaged'

/** Each comparison is held to about a second of one thread and 64 MiB. */
const most = {
  bcryptCost: 13,
  argonKib: 65_536,
  argonWork: 4 * 65_536,
  argonLanes: 16,
  scryptBytes: 64 * 2 ** 20,
  iterations: 1_000_000,
}
/** A salt or digest shorter than this was never made by the real thing. */
const least = { hashBytes: 16, saltBytes: 4, iterations: 1000 }

export type Read = Result<LegacyHash, LegacyFault>

export function bcrypt(encoded: string, cost: number, isDigested: boolean): Read {
  if (cost > most.bcryptCost) return fail('too costly to compare with')
  return cost < 4 ? fail('damaged') : succeed({ kind: 'bcrypt', encoded, isDigested })
}

export function argon2(
  { type, rest }: { readonly type: 'argon2id' | 'argon2i'; readonly rest: string },
  [m = 0, t = 0, p = 0]: readonly number[],
  [salt = null, hash = null]: readonly (Uint8Array | null)[],
): Read {
  if (m > most.argonKib || m * t > most.argonWork || p > most.argonLanes) return fail('too costly to compare with')
  const isWhole = m >= 8 * p && t >= 1 && p >= 1 && (salt?.length ?? 0) >= 8 && isDigest(hash)
  return isWhole ? succeed({ kind: 'argon2', encoded: `$${type}$${rest}`, type }) : fail('damaged')
}

function isScryptBounded(n: number, r: number, p: number): boolean {
  return 128 * n * r <= most.scryptBytes && 128 * n * r * p <= 2 * most.scryptBytes
}

export function scrypt(
  [n = 0, r = 0, p = 0]: readonly number[],
  salt: Uint8Array | null,
  hash: Uint8Array | null,
): Read {
  if (!isScryptBounded(n, r, p)) return fail('too costly to compare with')
  if (n < 2 || !Number.isInteger(Math.log2(n)) || r < 1 || p < 1) return fail('damaged')
  return isSalt(salt) && isDigest(hash) ? succeed({ kind: 'scrypt', salt, n, r, p, hash }) : fail('damaged')
}

export function pbkdf2(digest: string, iterations: number, salt: Uint8Array | null, hash: Uint8Array | null): Read {
  if (iterations > most.iterations) return fail('too costly to compare with')
  if (iterations < least.iterations) return fail('too cheap to be worth keeping')
  if (digest !== 'sha1' && digest !== 'sha256' && digest !== 'sha512') return fail('damaged')
  return isSalt(salt) && isDigest(hash) ? succeed({ kind: 'pbkdf2', digest, iterations, salt, hash }) : fail('damaged')
}

export function firebase(
  n: number,
  r: number,
  [salt, separator, signerKey, hash]: readonly (Uint8Array | null)[],
): Read {
  if (!isScryptBounded(n, r, 1)) return fail('too costly to compare with')
  if (!salt || !separator || !signerKey || !hash || n < 2 || r < 1 || !isDigest(hash)) return fail('damaged')
  return succeed({ kind: 'firebase', salt: new Uint8Array([...salt, ...separator]), n, r, signerKey, hash })
}

const isSalt = (salt: Uint8Array | null): salt is Uint8Array => salt !== null && salt.length >= least.saltBytes
const isDigest = (hash: Uint8Array | null): hash is Uint8Array =>
  hash !== null && hash.length >= least.hashBytes && hash.length <= 128
