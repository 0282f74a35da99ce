// What a verified token says of a person, by the claim mapping of its issuer's row.
import { secondMs } from '../kit/duration.ts'
import { type JsonObject, isObject } from './strict-json.ts'
import type { ClaimMapping, ClaimPath, TrustedIssuer } from './trusted-issuer.ts'

export interface TokenSubject {
  /** What the user is known by here: the issuer and its name for the person, which only together mean somebody. */
  readonly identity: string
  /** An address the issuer says is proven to be the person's; others are not worth keeping. */
  readonly verifiedEmail: string | null
  readonly name: string | null
  readonly roles: readonly string[]
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  readonly authTimeMs: number
  /** Null where the token does not say, or names a time that is yet to come. */
  readonly provenAtMs: number | null
}

/** OpenID Connect Core §2 allows 255 characters. */
const longestSubject = 255
const longestEmail = 254
const longestName = 200
const mostValues = 100

/** Null when the token names nobody. */
export function subjectOf(claims: JsonObject, rules: TrustedIssuer, nowMs: number): TokenSubject | null {
  const { claims: mapping, issuer, leewayMs } = rules
  const subject = plainText(at(claims, mapping.subject), longestSubject)
  if (subject === null) return null
  const email = plainText(at(claims, mapping.email), longestEmail)
  const isSecond = textsAt(claims, mapping.secondFactor.claim).some((one) => mapping.secondFactor.anyOf.includes(one))
  const authTimeMs = timeMs(claims['auth_time'])
  return {
    // An issuer has no fragment (OpenID Connect Discovery 1.0 §2), so the first `#` ends it and no two pairs look alike.
    identity: `${issuer}#${subject}`,
    verifiedEmail: email !== null && isAddress(email) && isProven(email, claims, mapping) ? email.toLowerCase() : null,
    name: plainText(at(claims, mapping.name), longestName),
    roles: mapping.roles === null ? [] : textsAt(claims, mapping.roles),
    amr: textsAt(claims, mapping.amr),
    aal: isSecond ? 2 : 1,
    authTimeMs: authTimeMs ?? timeMs(claims['iat']) ?? nowMs,
    // Otherwise it would be recent for as long as its issuer likes.
    provenAtMs: authTimeMs !== null && authTimeMs <= nowMs + leewayMs ? authTimeMs : null,
  }
}

function at(claims: JsonObject, path: ClaimPath): unknown {
  return path.reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    claims,
  )
}

/** Of a list or a single value; lists of objects name the method in a member (`amr` of Supabase). */
function textsAt(claims: JsonObject, path: ClaimPath): readonly string[] {
  const value = at(claims, path)
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const texts = list.slice(0, mostValues).map((one) => plainText(isObject(one) ? one['method'] : one, longestName))
  return [...new Set(texts.filter((text) => text !== null))]
}

/** Well-formed and printable: what is not may be cut or folded further on, and become somebody else's. */
function plainText(value: unknown, longest: number): string | null {
  if (typeof value !== 'string' || value === '' || value.length > longest) return null
  return value.isWellFormed() && !/\p{Cc}/u.test(value) && value.trim() === value ? value : null
}

/** One plain ASCII address; how those beyond ASCII compare is nothing to decide an account by. */
function isAddress(email: string): boolean {
  return /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(email)
}

/** The issuer says so, and is in a position to know. */
function isProven(email: string, claims: JsonObject, { emailVerified, emailAuthority }: ClaimMapping): boolean {
  if (!isVerified(claims, emailVerified)) return false
  if (emailAuthority === null) return true
  const { domains, orWith } = emailAuthority
  if (domains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase())) return true
  return orWith !== null && plainText(at(claims, orWith), longestName) !== null
}

/** Vendors write a flag as a boolean, as text, or as a number. */
function isVerified(claims: JsonObject, mapping: ClaimPath | boolean): boolean {
  if (typeof mapping === 'boolean') return mapping
  const value = at(claims, mapping)
  return value === true || value === 'true' || value === 1 || value === '1'
}

function timeMs(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value * secondMs : null
}
