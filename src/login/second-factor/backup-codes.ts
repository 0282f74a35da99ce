// Ten codes to write down, for the day the phone is gone. Each has 50 random bits and is stored under a keyed hash, bound to
// its owner; what is hard to read aloud or off paper is not in their alphabet.
import { createHmac } from 'node:crypto'

const count = 10
const length = 10
/** Crockford's base32: without i, l, o and u. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** As they are shown: two groups of five. */
export function newBackupCodes(): readonly string[] {
  return Array.from({ length: count }, () => {
    const letters = [...crypto.getRandomValues(new Uint8Array(length))].map((byte) => alphabet.charAt(byte % 32))
    return `${letters.slice(0, 5).join('')}-${letters.slice(5).join('')}`
  })
}

/** Null for what cannot be one. However it is typed: capitals, spaces, an O for the zero. */
export function readBackupCode(typed: string): string | null {
  const plain = typed.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1')
  return plain.length === length && [...plain].every((letter) => alphabet.includes(letter)) ? plain : null
}

export function hashBackupCode(key: Uint8Array, userId: string, code: string): string {
  const plain = code.replaceAll('-', '')
  return createHmac('sha256', key).update(`${userId}.${plain}`).digest('base64url')
}
