// PBKDF2 and scrypt by the platform, which is some ten times faster, or by ourselves where it will not: in production it
// refuses PBKDF2 beyond 100,000 iterations (workerd issue 1346), though locally it does not, and nothing says where the
// bound will be tomorrow.
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { scrypt } from '@noble/hashes/scrypt.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import type { pbkdf2Sync, scryptSync } from 'node:crypto'
import type { Pbkdf2Digest } from './legacy-hash.ts'

/** The part of `node:crypto` that is asked first. */
export interface Platform {
  readonly pbkdf2Sync: typeof pbkdf2Sync
  readonly scryptSync: typeof scryptSync
}

export interface Pbkdf2Cost {
  readonly digest: Pbkdf2Digest
  readonly iterations: number
  readonly salt: Uint8Array
}

export interface ScryptCost {
  readonly n: number
  readonly r: number
  readonly p: number
  readonly salt: Uint8Array
}

const digests = { sha1, sha256, sha512 } as const

export function derivePbkdf2(platform: Platform, password: string, cost: Pbkdf2Cost, length: number): Uint8Array {
  const { digest, iterations, salt } = cost
  return firstOf(
    () => platform.pbkdf2Sync(password, salt, iterations, length, digest),
    () => pbkdf2(digests[digest], password, salt, { c: iterations, dkLen: length }),
  )
}

export function deriveScrypt(platform: Platform, password: string, cost: ScryptCost, length: number): Uint8Array {
  const { n, r, p, salt } = cost
  // Node holds itself to 32 MiB unless it is told otherwise.
  const maxmem = 2 * 128 * n * r * p + 2 ** 20
  return firstOf(
    () => platform.scryptSync(password, salt, length, { N: n, r, p, maxmem }),
    () => scrypt(password, salt, { N: n, r, p, dkLen: length }),
  )
}

function firstOf(fast: () => Uint8Array, own: () => Uint8Array): Uint8Array {
  try {
    return fast()
  } catch {
    return own()
  }
}
