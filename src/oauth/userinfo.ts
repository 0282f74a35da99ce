// Who the access token is about (OpenID Connect Core §5.3), as the account is now.
import { unavailable } from '../errors.ts'
import { type Exchange, visitOf } from '../exchange.ts'
import { type TokenScheme, readAuthorization } from '../identity/authorization-header.ts'
import { sighted } from '../sightings.ts'
import { personClaims } from '../tokens/person-claims.ts'
import { type DpopError, dpopError, proveKey } from '../tokens/proven-key.ts'
import { tokenRejection } from '../tokens/refused-token.ts'
import type { Issuing } from './endpoints.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'

export async function userinfo(exchange: Exchange, { judge }: Issuing): Promise<Response | OAuthRefusal> {
  const header = exchange.request.headers.get('authorization')
  // RFC 6750 §3.1: whoever sent nothing is told the scheme and no error.
  if (header === null) return refuse('invalid_token', 'no token', { 'www-authenticate': 'Bearer' })
  const presented = readAuthorization(header)
  if (presented.kind !== 'bearer' && presented.kind !== 'dpop') {
    const scheme = presented.kind === 'malformed' ? presented.scheme : 'bearer'
    return invalid(exchange, 'malformed header', { scheme, issuer: null })
  }
  const { kind: scheme, token } = presented
  const verdict = await judge(token, visitOf(exchange))
  if (verdict.outcome === 'unknown') throw unavailable('the session cannot be checked')
  if (verdict.outcome === 'dead') return invalid(exchange, verdict.reason, { scheme, issuer: verdict.issuer })
  const { claims, principal, issuer } = verdict
  const { scopes, jkt } = claims
  const unproven = await problemOfKey(exchange, { scheme, token, jkt })
  if (unproven !== null) return invalid(exchange, unproven.reason, { scheme: 'dpop', issuer, error: unproven.error })
  if (!scopes.includes('openid')) {
    const challenge = `${jkt === null ? 'Bearer' : 'DPoP'} error="insufficient_scope", scope="openid"`
    return refuse('insufficient_scope', 'no openid', { 'www-authenticate': challenge })
  }
  return Response.json({ sub: principal.userId, ...personClaims(principal, scopes) })
}

interface Shown {
  readonly scheme: TokenScheme
  /** Whose it says it is; null where it says nothing that counts. */
  readonly issuer: string | null
  readonly error?: DpopError
}

/** As anywhere else, in the form of these endpoints. */
function invalid(exchange: Exchange, reason: string, { scheme, issuer, error }: Shown): OAuthRefusal {
  const { request, deps } = exchange
  if (issuer !== null && error !== 'use_dpop_nonce')
    sighted(exchange, 'refused', request.headers.get('authorization') ?? '')
  const refused = { reason, issuer }
  const dpop = scheme === 'dpop' ? { dpopError: error ?? 'invalid_token' } : {}
  const { headers, event } = tokenRejection({ ...refused, ...dpop }, deps.dpopNonces)
  return { error: 'invalid_token', reason, ...(headers && { headers }), ...(event && { event }) }
}

/** A bound token is good with a proof of its key only, and a proof is good for a bound token only (RFC 9449 §7). */
async function problemOfKey(
  exchange: Exchange,
  { scheme, token, jkt }: { readonly scheme: TokenScheme; readonly token: string; readonly jkt: string | null },
): Promise<{ readonly reason: string; readonly error: DpopError } | null> {
  if (scheme === 'bearer') return jkt === null ? null : { reason: 'bound to a key', error: 'invalid_token' }
  if (jkt === null) return { reason: 'not bound to a key', error: 'invalid_token' }
  const key = await proveKey(exchange, { accessToken: token, jkt })
  if (key.ok) return null
  const { problem } = key
  if (problem === 'unknown') throw unavailable('proofs cannot be counted')
  return { reason: `proof: ${problem}`, error: dpopError(problem) }
}
