/** Base64url without padding (RFC 4648 §5), the spelling of every token and key in this project. */
export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** Strict: null for padding, white space, other alphabets or stray bits, so that one value has one spelling. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? new Uint8Array(bytes) : null
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
