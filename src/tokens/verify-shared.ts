// Bearer tokens of all rows: those that a replaced system signed with a secret, and everybody else's. One issuer may have a row
// of both kinds, and each has its own tokens.
import type { FindPerson } from '../identity/bearer-token.ts'
import { parseCompactJws } from './compact-jws.ts'
import type { Asking } from './key-sets.ts'
import { type SharedSecretCheck, sharedSecretAlgorithm } from './shared-secret.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'
import { boundKey, expiryMs, faultInClaims } from './validate-claims.ts'
import { type RefusalReason, type TokenVerdict, type Trusted, verifyToken } from './verify-token.ts'

export interface TrustedBySecret {
  readonly rules: TrustedIssuer
  readonly secret: SharedSecretCheck
  readonly person: FindPerson
}

/** By issuer. */
export interface TrustedRows {
  readonly byKeys: ReadonlyMap<string, Trusted>
  readonly bySecret: ReadonlyMap<string, TrustedBySecret>
}

/** A verdict, whose issuer is known by its rules and by who its tokens speak for. */
export type AnyVerdict = TokenVerdict<Pick<Trusted, 'rules' | 'person'>>

export async function verifyAnyToken(
  token: string,
  { byKeys, bySecret }: TrustedRows,
  asking: Asking,
  nowMs: number,
): Promise<AnyVerdict> {
  const shared = bySecret.size === 0 ? null : await verifyBySecret(token, { byKeys, bySecret }, asking, nowMs)
  return shared ?? verifyToken(token, byKeys, asking, nowMs)
}

/**
 * Null where it is for the keys to say. What the header says chooses between two rows of one issuer, and never what a key
 * or a secret is used for.
 */
async function verifyBySecret(
  token: string,
  { byKeys, bySecret }: TrustedRows,
  asking: Asking,
  nowMs: number,
): Promise<AnyVerdict | null> {
  const parsed = parseCompactJws(token)
  if (!parsed.ok) return null
  const jws = parsed.value
  const { iss } = jws.claims
  const found = typeof iss === 'string' ? bySecret.get(iss) : undefined
  if (found === undefined) return null
  const { rules, secret } = found
  const refused = (reason: RefusalReason): AnyVerdict => ({ outcome: 'refused', reason, issuer: rules.issuer })
  if (jws.algorithm !== sharedSecretAlgorithm) return byKeys.has(rules.issuer) ? null : refused('wrong algorithm')
  const fault = faultInClaims(jws.claims, jws.type, rules, nowMs)
  if (fault !== null) return refused(fault)
  const verdict = await secret.verify(jws, asking, nowMs)
  if (verdict !== 'signed') return refused(verdict)
  const { claims } = jws
  // Nothing that rests on the secret goes on after its end: no verdict, and no stream.
  const expiresAtMs = Math.min(expiryMs(claims), secret.untilMs)
  const relyUntilMs = Math.min(expiresAtMs + rules.leewayMs, secret.untilMs)
  return { outcome: 'valid', issuer: found, claims, jkt: boundKey(claims), expiresAtMs, relyUntilMs }
}
