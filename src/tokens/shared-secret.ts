// Is a token signed with the secret of a system that is being replaced (HS256), and may that still count? A secret is
// held apart from keys by its type: no key set can bring one, and no key ever comes here.
import type { CompactJws } from './compact-jws.ts'
import type { Asking } from './key-sets.ts'
import type { SharedSecret } from './trusted-issuer.ts'

export const sharedSecretAlgorithm = 'HS256'
const hmac = { name: 'HMAC', hash: 'SHA-256' } as const

export type SharedSecretVerdict = 'signed' | 'wrong signature' | 'shared secret has ended'

/** Told of every token the secret signed; `late` ones came after its end and are refused. */
export type NoteUse = (use: 'accepted' | 'late', asking: Asking) => void

export interface SharedSecretCheck {
  readonly untilMs: number
  verify(jws: CompactJws, asking: Asking, nowMs: number): Promise<SharedSecretVerdict>
}

export function createSharedSecretCheck({ bytes, untilMs }: SharedSecret, note: NoteUse): SharedSecretCheck {
  // A value and not a promise: one made by another request must not be awaited.
  let key: CryptoKey | undefined
  return {
    untilMs,
    async verify({ signed, signature }, asking, nowMs) {
      key ??= await crypto.subtle.importKey('raw', bytes, hmac, false, ['verify'])
      // WebCrypto compares in constant time.
      const isSigned = await crypto.subtle.verify('HMAC', key, signature, new TextEncoder().encode(signed))
      if (!isSigned) return 'wrong signature'
      // Looked at after the signature, so that the count of those who come too late is one of real tokens.
      const isLate = nowMs >= untilMs
      note(isLate ? 'late' : 'accepted', asking)
      return isLate ? 'shared secret has ended' : 'signed'
    },
  }
}
