// Do the claims of a token satisfy its issuer's row at this moment? Pure; says nothing about the signature.
import { isObject, type JsonObject } from './strict-json.ts'
import type { ClaimRule, TrustedIssuer } from './trusted-issuer.ts'
import { secondMs } from '../kit/duration.ts'

/** What of an issuer's row its claims are measured by. */
export type ClaimRules = Pick<TrustedIssuer, 'tokenType' | 'audiences' | 'audienceClaim' | 'leewayMs' | 'maxLifetimeMs'>

/** SHA-256, base64url (RFC 7638 §3). */
export const thumbprint = /^[\w-]{43}$/

/** One of a fixed list, so that it can be logged. */
export type ClaimFault =
  | 'wrong type'
  | 'times are not numbers'
  | 'no expiry'
  | 'expired'
  | 'not yet valid'
  | 'issued in the future'
  | 'good for too long'
  | 'wrong audience'
  | 'bound to a key'

export function faultInClaims(
  claims: JsonObject,
  headerType: string | null,
  issuer: ClaimRules,
  nowMs: number,
): ClaimFault | null {
  if (!isOfType(claims, headerType, issuer.tokenType)) return 'wrong type'
  return faultInTimes(claims, issuer, nowMs) ?? faultInAudience(claims, issuer)
}

/** When a token that is accepted now expires, by its own word. */
export function expiryMs(claims: JsonObject): number {
  return Number(claims['exp']) * secondMs
}

/**
 * When a token that is accepted now was issued, at the earliest: the issuer's clock may be ahead of ours. One that does
 * not say so is taken to be as old as the row allows.
 */
export function earliestIssueMs({ exp, iat }: JsonObject, { leewayMs, maxLifetimeMs }: TrustedIssuer): number {
  return (isNumericDate(iat) ? iat * secondMs : Number(exp) * secondMs - maxLifetimeMs) - leewayMs
}

/** For how long after it was issued, at the earliest, a token of the row can be accepted. */
export function longestLifeMs({ leewayMs, maxLifetimeMs }: TrustedIssuer): number {
  return maxLifetimeMs + 3 * leewayMs
}

function faultInTimes(
  { exp, nbf, iat }: JsonObject,
  { leewayMs, maxLifetimeMs }: ClaimRules,
  nowMs: number,
): ClaimFault | null {
  // Compared with `undefined`: `null` is a value of another type, and a comparison with NaN is false whichever way it is put.
  for (const time of [exp, nbf, iat]) if (time !== undefined && !isNumericDate(time)) return 'times are not numbers'
  if (!isNumericDate(exp)) return 'no expiry'
  if (nowMs >= exp * secondMs + leewayMs) return 'expired'
  // Counted from when it was issued: otherwise one that is good for years would count in the end, when nobody remembers any
  // more that everything of its user was ended.
  const sinceMs = isNumericDate(iat) ? Math.min(iat * secondMs, nowMs) : nowMs
  if (exp * secondMs - sinceMs > maxLifetimeMs + leewayMs) return 'good for too long'
  if (isNumericDate(nbf) && nbf * secondMs > nowMs + leewayMs) return 'not yet valid'
  return isNumericDate(iat) && iat * secondMs > nowMs + leewayMs ? 'issued in the future' : null
}

/** JSON has no infinity, yet 1e400 is read as one. */
function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function faultInAudience(claims: JsonObject, { audiences, audienceClaim }: ClaimRules): ClaimFault | null {
  const stated = claims[audienceClaim]
  const list: readonly unknown[] = Array.isArray(stated) ? stated : [stated]
  // A list that holds anything but names is none that can be trusted to name us.
  if (!list.every((one) => typeof one === 'string') || !list.some((one) => audiences.includes(one)))
    return 'wrong audience'
  // Bound in a way that nobody here can check, by a certificate for one: then it counts for nobody (RFC 7800 §3.1).
  return claims['cnf'] === undefined || boundKey(claims) !== null ? null : 'bound to a key'
}

/**
 * The thumbprint of the key whose holder alone may use the token (RFC 9449 §6.1). Null: whoever has it may. A binding
 * that says anything besides is none that a proof of a key satisfies.
 */
export function boundKey({ cnf }: JsonObject): string | null {
  if (!isObject(cnf) || Object.keys(cnf).length !== 1) return null
  const { jkt } = cnf
  return typeof jkt === 'string' && thumbprint.test(jkt) ? jkt : null
}

function isOfType(claims: JsonObject, headerType: string | null, rule: TrustedIssuer['tokenType']): boolean {
  if (rule.header !== null && mediaType(headerType) !== mediaType(rule.header)) return false
  return Object.entries(rule.claims).every(([name, expected]) => satisfies(claims[name], expected))
}

/** Case does not matter, and `application/` may be left out (RFC 7515 §4.1.9). */
export function mediaType(type: string | null): string | null {
  return type?.toLowerCase().replace(/^application\//, '') ?? null
}

function satisfies(value: unknown, expected: ClaimRule): boolean {
  if (!isObject(expected)) return value === expected
  if ('present' in expected) return value !== undefined && value !== null && value !== ''
  return value !== expected['not']
}
