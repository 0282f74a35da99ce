import { toBase64Url } from './base64url.ts'

/** `byteCount` bytes of the platform's cryptographic randomness, base64url. 32 bytes for secrets, 16 for ids of no weight. */
export function randomToken(byteCount: number): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(byteCount)))
}

/** A decimal code of `digits` digits without modulo bias: values beyond the last whole multiple are drawn again. */
export function randomCode(digits: number): string {
  const range = 10 ** digits
  const limit = Math.floor(2 ** 32 / range) * range
  for (;;) {
    const [value] = crypto.getRandomValues(new Uint32Array(1))
    if (value !== undefined && value < limit) return String(value % range).padStart(digits, '0')
  }
}
