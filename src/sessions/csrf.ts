// The signed double-submit token: proves that whoever fills a header could read a cookie of this host, and that the
// gateway made the token for this very session (OWASP CSRF cheat sheet, "signed double-submit cookie").
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { randomToken } from '../kit/random.ts'

export interface CsrfTokens {
  /** `subject` is the session id, or the pre-session id before login. */
  issue(subject: string): string
  isValid(token: string, subject: string): boolean
}

export function createCsrfTokens(dataKey: Uint8Array): CsrfTokens {
  const key = derivedKey(dataKey, 'csrf')
  const sign = (nonce: string, subject: string): string =>
    createHmac('sha256', key).update(`${nonce}.${subject}`).digest('base64url')
  return {
    issue(subject) {
      const nonce = randomToken(16)
      return `${nonce}.${sign(nonce, subject)}`
    },
    isValid(token, subject) {
      const [nonce, signature, rest] = token.split('.')
      if (nonce === undefined || signature === undefined || rest !== undefined) return false
      const [given, expected] = [Buffer.from(signature), Buffer.from(sign(nonce, subject))]
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}

/** A key for one purpose from the root key (HKDF, RFC 5869): a leak of one says nothing of another. */
export function derivedKey(dataKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', dataKey, '', `portcullis ${purpose}`, 32))
}
