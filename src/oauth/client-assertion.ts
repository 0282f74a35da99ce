// A client proves itself by a JWT it signed for this server, once (RFC 7523 §3, OpenID Connect Core §9 `private_key_jwt`).
import { type JSONWebKeySet, createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { type OAuthClient, reserveAssertion } from '../db/queries/oauth-clients.ts'
import type { Exchange } from '../exchange.ts'
import { minuteMs, secondMs } from '../kit/duration.ts'
import { hashSecret } from '../sessions/token.ts'
import { endpointPaths } from './endpoint.ts'

/** Fixed here, never taken from the token; no key of a client is a shared secret. */
export const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']

const leewayS = 30
/** A client that signs for longer makes a password of it. */
const longestLifeMs = 10 * minuteMs
const longest = 8 * 1024

/** Whose keys to verify with; not believed before that. */
export function assertionIssuer(assertion: string): string | null {
  if (assertion.length > longest) return null
  try {
    const { iss } = decodeJwt(assertion)
    return typeof iss === 'string' ? iss : null
  } catch {
    return null
  }
}

export async function isGoodAssertion(
  { deps, database }: Exchange,
  client: OAuthClient,
  assertion: string,
): Promise<boolean> {
  const { basePath } = deps.settings.config
  const { origin } = deps.publicUrl
  const verified = await jwtVerify(assertion, keysOf(client), {
    algorithms: assertionAlgorithms,
    issuer: client.id,
    subject: client.id,
    audience: [origin, ...Object.values(endpointPaths).map((path) => origin + basePath + path)],
    requiredClaims: ['exp', 'jti'],
    clockTolerance: leewayS,
  }).catch(() => null)
  if (verified === null) return false
  const { jti, exp } = verified.payload
  if (typeof jti !== 'string' || typeof exp !== 'number') return false
  const expiresAtMs = exp * secondMs
  if (expiresAtMs > deps.now() + longestLifeMs) return false
  const reserved = await database.write(reserveAssertion(client.id, hashSecret(jti), expiresAtMs + leewayS * secondMs))
  return reserved.length === 1
}

/** Checked when it was registered; a set that is none verifies nothing. */
function keysOf({ jwks }: OAuthClient): ReturnType<typeof createLocalJWKSet> {
  return createLocalJWKSet(jwks as JSONWebKeySet)
}
