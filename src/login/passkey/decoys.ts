// What an account that does not exist, or has no passkey, is answered with: credentials that are always the same for one
// address, so that asking for an address tells nobody whether there is an account (WebAuthn Level 3 §14.6.2).
import { createHmac } from 'node:crypto'
import { fromBase64Url, toBase64Url } from '../../kit/base64url.ts'
import { isSameHash } from '../../sessions/token.ts'

export interface AllowedPasskey {
  readonly credentialId: string
  readonly transports: readonly string[]
}

/** How long the ids of common authenticators are, and how those are reached. */
const kinds = [
  { length: 16, transports: ['internal', 'hybrid'] },
  { length: 20, transports: ['internal', 'hybrid'] },
  { length: 32, transports: ['internal'] },
  { length: 20, transports: ['hybrid', 'internal'] },
  { length: 16, transports: ['hybrid', 'internal'] },
  { length: 48, transports: ['usb', 'nfc'] },
] as const

const seedBytes = 8

/** Most people with passkeys have one, some have two. */
const twoBelow = 64

export function decoysFor(key: Uint8Array, email: string): readonly AllowedPasskey[] {
  const [first, second] = [drawn(key, email, 1), drawn(key, email, 2)]
  return ((first.at(-2) ?? 0) < twoBelow ? [first, second] : [first]).map((bytes) => decoyOf(key, bytes))
}

function drawn(key: Uint8Array, email: string, which: number): Uint8Array {
  return createHmac('sha256', key).update(`address ${which} ${email.toLowerCase()}`).digest()
}

function decoyOf(key: Uint8Array, bytes: Uint8Array): AllowedPasskey {
  const { length, transports } = kinds[(bytes.at(-1) ?? 0) % kinds.length] ?? kinds[0]
  return { credentialId: toBase64Url(marked(key, bytes.subarray(0, seedBytes), length)), transports }
}

/**
 * Whether an id was made here. Nobody may enrol one: that it could be enrolled would tell that it is nobody's, and so that
 * the address it was given out for has no passkey.
 */
export function isDecoy(key: Uint8Array, credentialId: string): boolean {
  const bytes = fromBase64Url(credentialId)
  if (bytes === null || bytes.length < seedBytes * 2) return false
  return isSameHash(toBase64Url(marked(key, bytes.subarray(0, seedBytes), bytes.length)), credentialId)
}

/** A seed, and after it what only this key makes of it. */
function marked(key: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const tail = createHmac('sha512', key).update('id ').update(seed).digest()
  return Uint8Array.from([...seed, ...tail.subarray(0, length - seedBytes)])
}
