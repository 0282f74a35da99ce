// Is a bearer token one that a trusted issuer signed, for us, of the right kind, and valid now? Says nothing about users.
import { decodeLeniently } from '../kit/base64url.ts'
import { algorithms } from './algorithms.ts'
import { type CompactJws, type MalformedReason, parseCompactJws } from './compact-jws.ts'
import type { Asking, KeySource } from './key-sets.ts'
import type { VerificationKey } from './key-set.ts'
import type { FindPerson } from '../identity/bearer-token.ts'
import type { SharedSecretVerdict } from './shared-secret.ts'
import type { JsonObject } from './strict-json.ts'
import type { Algorithm, TrustedIssuer } from './trusted-issuer.ts'
import { type ClaimFault, boundKey, expiryMs, faultInClaims } from './validate-claims.ts'

/** A row of the configuration, and the place its keys come from. */
interface Signer {
  readonly rules: TrustedIssuer
  readonly keys: KeySource
}

/** With who its tokens speak for. */
export interface Trusted extends Signer {
  readonly person: FindPerson
}

export type TokenVerdict<Found = Trusted> =
  | {
      readonly outcome: 'valid'
      readonly issuer: Found
      readonly claims: JsonObject
      /** Not null: it counts with a proof of that key only. */
      readonly jkt: string | null
      /** Its `exp`: what was opened with it goes on no longer. */
      readonly expiresAtMs: number
      /** Until when this verdict is relied on: its `exp` and what clocks may differ, and no key longer than its set. */
      readonly relyUntilMs: number
    }
  /** A well-formed token of an issuer nobody configured, or no JWT at all: perhaps the site's own. */
  | { readonly outcome: 'foreign' }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason; readonly issuer: string | null }
  /** Nobody can say now. */
  | { readonly outcome: 'unknown'; readonly issuer: string }

export type RefusalReason =
  | MalformedReason
  | ClaimFault
  | 'issuer is no text'
  | 'wrong algorithm'
  | 'unknown key'
  | Exclude<SharedSecretVerdict, 'signed'>

/** Cheap questions first: a key set is asked for only on behalf of a token that only its signature can still refuse. */
export async function verifyToken<Found extends Signer>(
  token: string,
  trusted: ReadonlyMap<string, Found>,
  asking: Asking,
  nowMs: number,
): Promise<TokenVerdict<Found>> {
  const parsed = parseCompactJws(token)
  if (!parsed.ok) return looksLikeJwt(token) ? refused(parsed.problem, null) : { outcome: 'foreign' }
  const jws = parsed.value
  const { iss } = jws.claims
  if (iss !== undefined && typeof iss !== 'string') return refused('issuer is no text', null)
  const found = iss === undefined ? undefined : trusted.get(iss)
  if (found === undefined) return { outcome: 'foreign' }
  const { rules, keys } = found
  const algorithm = rules.algorithms.find((name) => name === jws.algorithm)
  if (algorithm === undefined) return refused('wrong algorithm', rules)
  const fault = faultInClaims(jws.claims, jws.type, rules, nowMs)
  if (fault !== null) return refused(fault, rules)
  const answer = await keys.find({ keyId: jws.keyId, algorithm }, asking)
  if (answer.outcome === 'unreachable') return { outcome: 'unknown', issuer: rules.issuer }
  if (answer.outcome === 'unknown') return refused('unknown key', rules)
  if (!(await isSignedBy(jws, answer.key, algorithm))) return refused('wrong signature', rules)
  const expiresAtMs = expiryMs(jws.claims)
  const relyUntilMs = Math.min(answer.relyUntilMs, expiresAtMs + rules.leewayMs)
  return { outcome: 'valid', issuer: found, claims: jws.claims, jkt: boundKey(jws.claims), expiresAtMs, relyUntilMs }
}

function refused(reason: RefusalReason, rules: TrustedIssuer | null): TokenVerdict & { outcome: 'refused' } {
  return { outcome: 'refused', reason, issuer: rules?.issuer ?? null }
}

/**
 * What anybody could read as a JWT, however carelessly, is never passed on as somebody else's token: behind a gateway
 * that verifies there are sites that only decode. A JOSE header is an object.
 */
function looksLikeJwt(token: string): boolean {
  return decodeLeniently(token.slice(0, 64)).startsWith('{')
}

const utf8 = new TextEncoder()

// Imported once a key: the import costs as much as the signature. Beside the key, so that it goes when the set goes.
const imported = new WeakMap<VerificationKey, CryptoKey>()

export async function isSignedBy(
  { signature, signed }: Pick<CompactJws, 'signature' | 'signed'>,
  key: VerificationKey,
  algorithm: Algorithm,
): Promise<boolean> {
  const { importAs, verifyAs } = algorithms[algorithm]
  try {
    const cryptoKey = imported.get(key) ?? (await crypto.subtle.importKey('jwk', key.jwk, importAs, false, ['verify']))
    imported.set(key, cryptoKey)
    return await crypto.subtle.verify(verifyAs, cryptoKey, signature, utf8.encode(signed))
  } catch {
    // A point that is not on the curve, a signature of a length no key makes.
    return false
  }
}
