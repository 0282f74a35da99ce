import type { JWTPayload } from 'jose'
import { NotVerified } from './not-verified.ts'

/**
 * Who makes the request, as the gateway asserts it. The names are those of the claims, so that the code of an origin,
 * the documentation and a decoded token speak of the same things.
 */
export interface Identity {
  /** Stable identifier of the account. The only claim to key records on: an email address can change hands. */
  readonly sub: string
  /** Identifier of the session at the gateway. */
  readonly sid: string | null
  readonly email: string | null
  /** False when the gateway says nothing of it. */
  readonly email_verified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  /** How the person authenticated (RFC 8176), for example `['pwd', 'otp']`. */
  readonly amr: readonly string[]
  readonly acr: string | null
  /** When the person last authenticated, in seconds since 1970. */
  readonly auth_time: number | null
  /** When the assertion was issued, in seconds since 1970. */
  readonly iat: number
  /** When the assertion expires, in seconds since 1970. */
  readonly exp: number
  /** Identifier of the assertion, to correlate the logs of the gateway with those of the origin. */
  readonly jti: string | null
}

const malformed = (): never => {
  throw new NotVerified('malformed')
}

const text = (value: unknown): string => (typeof value === 'string' ? value : malformed())

// An empty identifier would make one account of all those who have it.
const identifier = (value: unknown): string => text(value) || malformed()

// JSON has no infinity, yet JSON.parse reads 1e400 as one.
const seconds = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : malformed())

const boolean = (value: unknown): boolean => (typeof value === 'boolean' ? value : malformed())

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : malformed()

const optional = <T, A>(read: (value: unknown) => T, absent: A, value: unknown): T | A =>
  value === undefined || value === null ? absent : read(value)

/**
 * Reads the claims of an assertion whose signature has been verified.
 *
 * Throws `NotVerified('malformed')` when `sub`, `iat`, `exp` or `roles` is missing, or any claim has another type than
 * documented. A signed claim is still checked: `roles: 'administrator'` would otherwise satisfy
 * `identity.roles.includes('admin')`, which on a string looks for a substring.
 */
export const identityOf = (claims: JWTPayload): Identity => ({
  sub: identifier(claims.sub),
  sid: optional(identifier, null, claims['sid']),
  email: optional(text, null, claims['email']),
  email_verified: optional(boolean, false, claims['email_verified']),
  name: optional(text, null, claims['name']),
  roles: strings(claims['roles']),
  amr: optional(strings, [], claims['amr']),
  acr: optional(text, null, claims['acr']),
  auth_time: optional(seconds, null, claims['auth_time']),
  iat: seconds(claims.iat),
  exp: seconds(claims.exp),
  jti: optional(identifier, null, claims.jti),
})
