// Compares a password with a hash that another system made, as that system would. Nothing is peppered or normalised: what
// was typed is what it hashed.
import Argon2 from '@phi-ag/argon2'
import { Argon2Type } from '@phi-ag/argon2'
import wasm from '@phi-ag/argon2/argon2.wasm'
import { compareSync } from 'bcryptjs'
import { createCipheriv, createHash, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { type Platform, derivePbkdf2, deriveScrypt } from './derive.ts'
import type { LegacyHash } from './legacy-hash.ts'

const platform: Platform = { pbkdf2Sync, scryptSync }

type Of<Kind extends LegacyHash['kind']> = Extract<LegacyHash, { kind: Kind }>

export async function matchesLegacy(stored: LegacyHash, password: string): Promise<boolean> {
  switch (stored.kind) {
    case 'bcrypt':
      return compareSync(stored.isDigested ? digestOf(password) : password, stored.encoded)
    case 'argon2':
      return matchesArgon2(stored, password)
    case 'scrypt':
      return isSame(deriveScrypt(platform, password, stored, stored.hash.length), stored.hash)
    case 'pbkdf2':
      return isSame(derivePbkdf2(platform, password, stored, stored.hash.length), stored.hash)
    case 'firebase':
      return matchesFirebase(stored, password)
  }
}

/**
 * bcrypt looks at 72 bytes and no further: whoever has guessed those is in, and what they typed after them may not be what
 * the owner types. It must not become the owner's password.
 */
export function isWholePassword(stored: LegacyHash, password: string): boolean {
  return stored.kind !== 'bcrypt' || stored.isDigested || new TextEncoder().encode(password).length <= 72
}

function digestOf(password: string): string {
  return createHash('sha256').update(password).digest('hex')
}

/** An instance of its own: memory of WebAssembly grows and is never given back, and these may want three times of ours. */
async function matchesArgon2({ encoded, type }: Of<'argon2'>, password: string): Promise<boolean> {
  const argon2 = new Argon2(await WebAssembly.instantiate(wasm))
  return argon2.tryVerify(encoded, password, type === 'argon2i' ? Argon2Type.Argon2i : Argon2Type.Argon2id).success
}

/** The password makes a key, and what is stored is the project's signer key under it (AES-256-CTR from zero). */
function matchesFirebase({ salt, n, r, signerKey, hash }: Of<'firebase'>, password: string): boolean {
  const key = deriveScrypt(platform, password, { salt, n, r, p: 1 }, 32)
  const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16))
  return isSame(new Uint8Array([...cipher.update(signerKey), ...cipher.final()]), hash)
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
