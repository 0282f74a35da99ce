// argon2id at the cost OWASP asks for (19 MiB, two passes, one lane), behind a seam: the hash string says its version.
import Argon2 from '@phi-ag/argon2'
import { Argon2Type } from '@phi-ag/argon2'
import wasm from '@phi-ag/argon2/argon2.wasm'
import { createHmac } from 'node:crypto'
import { isWholePassword, matchesLegacy } from './legacy/matches.ts'
import { readLegacyHash } from './legacy/read.ts'

export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** `needsRehash` says that the password is right but stored under an older cost or pepper. */
  verify(stored: string, password: string): Promise<{ readonly isRight: boolean; readonly needsRehash: boolean }>
  /** Costs what `verify` costs and is always wrong: for accounts that do not exist. */
  verifyNothing(password: string): Promise<void>
}

/** `v1` = NFC, HMAC-SHA-256 with the pepper, argon2id with the cost below. */
const version = 'v1'
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, hashLength: 32, type: Argon2Type.Argon2id }
const costText = '$argon2id$v=19$m=19456,t=2,p=1$'

/** Of the system that was here before; at the first right password it becomes one of ours. */
async function verifyLegacy(stored: string, password: string): ReturnType<PasswordHasher['verify']> {
  const read = readLegacyHash(stored)
  if (!read.ok) return { isRight: false, needsRehash: false }
  const isRight = await matchesLegacy(read.value, password)
  return { isRight, needsRehash: isRight && isWholePassword(read.value, password) }
}

/** One for all hashers of a thread: they never run at the same time, and 19 MiB that are still in its caches are a tenth faster. */
let instance: Argon2 | undefined

async function argon2(): Promise<Argon2> {
  return (instance ??= new Argon2(await WebAssembly.instantiate(wasm)))
}

export function createPasswordHasher(pepper: Uint8Array): PasswordHasher {
  let hashOfNothing: string | undefined

  // Peppered before hashing, so that a stolen table without the worker's secret is of no use. The digest also bounds
  // what reaches argon2, whatever was typed.
  function peppered(password: string): string {
    return createHmac('sha256', pepper).update(password.normalize('NFC')).digest('base64url')
  }

  async function hash(password: string): Promise<string> {
    return `${version}${(await argon2()).hash(peppered(password), cost).encoded}`
  }

  async function matches(encoded: string, password: string): Promise<boolean> {
    return (await argon2()).tryVerify(encoded, peppered(password), Argon2Type.Argon2id).success
  }

  return {
    hash,
    async verify(stored, password) {
      const encoded = stored.startsWith(`${version}$argon2id$`) ? stored.slice(version.length) : null
      if (encoded === null) return verifyLegacy(stored, password)
      return { isRight: await matches(encoded, password), needsRehash: !encoded.startsWith(costText) }
    },
    async verifyNothing(password) {
      hashOfNothing ??= await hash('the password of nobody')
      await matches(hashOfNothing.slice(version.length), password)
    },
  }
}
