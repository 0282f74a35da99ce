const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const noDigit = 0xff
const digits = new Uint8Array(128).fill(noDigit)
for (let value = 0; value < alphabet.length; value += 1) digits[alphabet.charCodeAt(value)] = value

/** Base64url without padding (RFC 4648 §5), the spelling of every token and key in this project. */
export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/**
 * Strict: null for padding, white space, other alphabets or stray bits, so that one value has one spelling. By hand, as
 * the platform's decoders pass over all of these: with them a token's parts are decoded, encoded again and compared, which
 * takes twice as long.
 */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  const { length } = text
  // Four digits are three bytes; one more is no byte at all.
  if (length % 4 === 1) return null
  const bytes = new Uint8Array((length * 3) >> 2)
  let at = 0
  let bits = 0
  let pending = 0
  for (let place = 0; place < length; place += 1) {
    const digit = digits[text.charCodeAt(place)] ?? noDigit
    if (digit === noDigit) return null
    pending = ((pending << 6) | digit) & 0x3fff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at] = pending >> bits
    at += 1
  }
  return (pending & ((1 << bits) - 1)) === 0 ? bytes : null
}

/** What a careless reader makes of it: other alphabets, padding and stray characters are passed over, and so is white space. */
export function decodeLeniently(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8').trimStart()
}

/** With padding, as HTTP's own headers want it (RFC 7617). */
export function toBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Any of the alphabets that hashes are written in, padded or not; null where it is none. */
export function fromAnyBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const plain = text.replace(/[.-]/g, '+').replaceAll('_', '/').replace(/=+$/, '')
  const bytes = Buffer.from(plain, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === plain ? new Uint8Array(bytes) : null
}
