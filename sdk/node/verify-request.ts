import { errors, jwtVerify } from 'jose'
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose'
import { identityOf } from './identity.ts'
import type { Identity } from './identity.ts'
import { givenKeys, publishedKeys } from './key-sets.ts'
import { NotVerified } from './not-verified.ts'
import type { NotVerifiedReason } from './not-verified.ts'
import { readAssertion } from './read-assertion.ts'
import type { RequestHeaders } from './read-assertion.ts'

export { NotVerified } from './not-verified.ts'
export type { NotVerifiedReason } from './not-verified.ts'
export type { Identity } from './identity.ts'
export { ASSERTION_HEADER } from './read-assertion.ts'
export type { FetchHeaders, HeaderRecord, RequestHeaders } from './read-assertion.ts'

export interface VerifyOptions {
  /** Public URL of the gateway, compared with `iss` character by character: `https://www.example.com`. */
  readonly issuer: string
  /** The id this origin has in the configuration of the gateway. */
  readonly audience: string
  /**
   * Where the key set is, when not at `${issuer}/.well-known/jwks.json`: an internal address, for example. Whoever can
   * answer at this address can sign anyone in, so plain `http:` is for a network that is trusted.
   */
  readonly jwksUrl?: string
  /** A key set, or a resolver made by jose, to use in place of the published one. Nothing is fetched. */
  readonly keys?: JSONWebKeySet | JWTVerifyGetKey
  /** Oldest assertion accepted, in seconds since it was issued. Default 60, the most the gateway grants. */
  readonly maxAgeS?: number
  /** By how many seconds the clocks of the gateway and of the origin may differ. Default 5. */
  readonly clockToleranceS?: number
}

/** Resolves to the identity a request carries, or rejects with `NotVerified`. */
export type Verifier = (headers: RequestHeaders) => Promise<Identity>

const ASSERTION_TYPE = 'portcullis-assertion+jwt'
const DEFAULT_MAX_AGE_S = 60
const DEFAULT_CLOCK_TOLERANCE_S = 5

// jose skips the check of an option that is undefined, which is what an unset environment variable passes from
// JavaScript. A verifier that quietly accepts any issuer must not come to be.
const required = (name: string, value: unknown): string => {
  if (typeof value !== 'string' || value === '') throw new TypeError(`portcullis: ${name} must be a non-empty string`)
  return value
}

const duration = (name: string, value: number): number => {
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`portcullis: ${name} must be a number of seconds`)
  return value
}

const WINDOW_CLAIMS: readonly string[] = ['iat', 'exp', 'nbf']

const reasonOfClaim = (error: errors.JWTClaimValidationFailed): NotVerifiedReason => {
  if (error.claim === 'typ') return 'wrong-type'
  if (error.claim === 'iss') return 'wrong-issuer'
  return error.reason === 'check_failed' && WINDOW_CLAIMS.includes(error.claim) ? 'expired' : 'malformed'
}

const reasonOf = (error: errors.JOSEError): NotVerifiedReason => {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return reasonOfClaim(error)
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature'
  // "none" and HS256 keyed with the public key are forgeries (RFC 8725 §2.1), not mistakes of form.
  if (error instanceof errors.JOSEAlgNotAllowed) return 'bad-signature'
  return 'malformed'
}

/**
 * Makes a verifier, for an application that wants its configuration checked when it starts. Fetches nothing yet.
 *
 * Throws `TypeError` when an option is unusable.
 */
export const createVerifier = (options: VerifyOptions): Verifier => {
  const issuer = required('issuer', options.issuer)
  const audience = required('audience', options.audience)
  const maxTokenAge = duration('maxAgeS', options.maxAgeS ?? DEFAULT_MAX_AGE_S)
  const clockTolerance = duration('clockToleranceS', options.clockToleranceS ?? DEFAULT_CLOCK_TOLERANCE_S)
  const getKey =
    options.keys === undefined
      ? publishedKeys(new URL(options.jwksUrl ?? `${issuer.replace(/\/+$/, '')}/.well-known/jwks.json`))
      : givenKeys(options.keys)

  const claimsOf = async (token: string): Promise<JWTPayload> => {
    try {
      const { payload } = await jwtVerify(token, getKey, {
        algorithms: ['ES256'],
        // Keeps the gateway's other tokens out, signed though they are by the same keys (RFC 8725 §3.11).
        typ: ASSERTION_TYPE,
        issuer,
        maxTokenAge,
        clockTolerance,
      })
      return payload
    } catch (error) {
      // Whatever else is thrown is a fault of the program, such as a resolver that returns an RSA key: not a refusal.
      throw error instanceof errors.JOSEError ? new NotVerified(reasonOf(error)) : error
    }
  }

  return async (headers) => {
    const claims = await claimsOf(readAssertion(headers))
    // Not left to jose, which accepts a list that includes this origin, as RFC 7519 §4.1.3 allows. The gateway mints
    // for one origin at a time: with a list, each origin named could replay the assertion against the others.
    if (claims.aud !== audience) throw new NotVerified('wrong-audience')
    return identityOf(claims)
  }
}

/**
 * The identity carried by a request that came through the gateway.
 *
 * `headers` are those of a fetch `Request`, or the `headers` of a Node `IncomingMessage`.
 *
 * Rejects with `NotVerified`, whose `reason` says why; `keys-unreachable` is the one that deserves a 503. Rejects with
 * `TypeError` when an option is unusable, which is a fault of the application and not of the request.
 *
 * The key set is fetched once for each URL and process, and shared by all calls.
 */
export const verifyRequest = async (headers: RequestHeaders, options: VerifyOptions): Promise<Identity> =>
  createVerifier(options)(headers)
