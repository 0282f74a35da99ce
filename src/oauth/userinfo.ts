// Who the access token is about (OpenID Connect Core §5.3), as the account is now.
import { unavailable } from '../errors.ts'
import { type Exchange, visitOf } from '../exchange.ts'
import { readAuthorization } from '../identity/authorization-header.ts'
import { dpopChallenge } from '../tokens/proven-key.ts'
import type { Issuing } from './endpoints.ts'
import { personClaims } from './person-claims.ts'
import { provenKey } from './proven-key.ts'
import { type OAuthErrorCode, type OAuthRefusal, refuse } from './refusal.ts'

export async function userinfo(exchange: Exchange, { judge }: Issuing): Promise<Response | OAuthRefusal> {
  const header = exchange.request.headers.get('authorization')
  // RFC 6750 §3.1: whoever sent nothing is told the scheme and no error.
  if (header === null) return refuse('invalid_token', 'no token', { 'www-authenticate': 'Bearer' })
  const presented = readAuthorization(header)
  if (presented.kind === 'malformed' && presented.scheme === 'dpop')
    return invalidByKey(exchange, 'invalid_token', 'malformed header')
  if (presented.kind !== 'bearer' && presented.kind !== 'dpop') return invalid('malformed header')
  const { token } = presented
  const verdict = await judge(token, visitOf(exchange))
  if (verdict.outcome === 'unknown') throw unavailable('the session cannot be checked')
  if (verdict.outcome === 'dead')
    return presented.kind === 'bearer'
      ? invalid(verdict.reason)
      : invalidByKey(exchange, 'invalid_token', verdict.reason)
  const { claims, principal } = verdict
  const { scopes, jkt } = claims
  const unproven = await problemOfKey(exchange, { isProof: presented.kind === 'dpop', token, jkt })
  if (unproven !== null) return unproven
  if (!scopes.includes('openid')) {
    const scheme = jkt === null ? 'Bearer' : 'DPoP'
    const challenge = `${scheme} error="insufficient_scope", scope="openid"`
    return refuse('insufficient_scope', 'no openid', { 'www-authenticate': challenge })
  }
  return Response.json({ sub: principal.userId, ...personClaims(principal, scopes) })
}

function invalid(reason: string): OAuthRefusal {
  return refuse('invalid_token', reason, { 'www-authenticate': 'Bearer error="invalid_token"' })
}

function invalidByKey({ deps }: Exchange, error: OAuthErrorCode, reason: string): OAuthRefusal {
  return refuse('invalid_token', reason, dpopChallenge(error, deps.dpopNonces))
}

/** A bound token is good with a proof of its key only, and a proof is good for a bound token only (RFC 9449 §7). */
async function problemOfKey(
  exchange: Exchange,
  { isProof, token, jkt }: { readonly isProof: boolean; readonly token: string; readonly jkt: string | null },
): Promise<OAuthRefusal | null> {
  if (!isProof) return jkt === null ? null : invalidByKey(exchange, 'invalid_token', 'bound token as bearer')
  if (jkt === null) return invalidByKey(exchange, 'invalid_token', 'not bound to a key')
  const key = await provenKey(exchange, { accessToken: token, jkt })
  if (!key.ok) return invalidByKey(exchange, key.problem.error, key.problem.reason)
  return key.value === null ? invalidByKey(exchange, 'invalid_dpop_proof', 'no proof') : null
}
