// What an account that does not exist, or has no passkey, is answered with: a credential that is always the same for one
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
  { bytes: 16, transports: ['internal', 'hybrid'] },
  { bytes: 20, transports: ['internal', 'hybrid'] },
  { bytes: 32, transports: ['internal'] },
  { bytes: 20, transports: ['hybrid', 'internal'] },
  { bytes: 16, transports: ['hybrid', 'internal'] },
  { bytes: 48, transports: ['usb', 'nfc'] },
] as const

const seedBytes = 8

export function decoyFor(key: Uint8Array, email: string): AllowedPasskey {
  const drawn = createHmac('sha256', key).update(`address ${email.toLowerCase()}`).digest()
  const { bytes, transports } = kinds[(drawn.at(-1) ?? 0) % kinds.length] ?? kinds[0]
  return { credentialId: toBase64Url(marked(key, drawn.subarray(0, seedBytes), bytes)), transports }
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
