// Who the access token is about (OpenID Connect Core §5.3), as the account is now.
import { unavailable } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { judgeAccessToken } from '../tokens/live-token.ts'
import { proofAlgorithms } from '../tokens/dpop.ts'
import type { TokenSigner } from '../tokens/signing-keys.ts'
import { personClaims } from '../tokens/person-claims.ts'
import { provenKey } from './proven-key.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'

export async function userinfo(exchange: Exchange, signer: TokenSigner): Promise<Response | OAuthRefusal> {
  const { request, deps, client } = exchange
  const header = request.headers.get('authorization')
  // RFC 6750 §3.1: whoever sent nothing is told the scheme and no error.
  if (header === null) return refuse('invalid_token', 'no token', { 'www-authenticate': 'Bearer' })
  const [, scheme, token] = /^(bearer|dpop) +([\w.-]+)$/i.exec(header) ?? []
  if (scheme === undefined || token === undefined) return invalid('malformed header')
  const verdict = await judgeAccessToken({ signer, userObject: deps.userObject }, token, client.ip)
  if (verdict.outcome === 'unknown') throw unavailable('the session cannot be checked')
  if (verdict.outcome === 'dead') return invalid(verdict.reason)
  const { scopes, jkt, userId } = verdict.claims
  const unproven = await problemOfKey(exchange, { isProof: scheme.toLowerCase() === 'dpop', token, jkt })
  if (unproven !== null) return unproven
  if (!scopes.includes('openid')) {
    const challenge = 'Bearer error="insufficient_scope", scope="openid"'
    return refuse('insufficient_scope', 'no openid', { 'www-authenticate': challenge })
  }
  return Response.json({ sub: userId, ...personClaims(verdict.session, scopes) })
}

function invalid(reason: string): OAuthRefusal {
  return refuse('invalid_token', reason, { 'www-authenticate': 'Bearer error="invalid_token"' })
}

/** A bound token is good with a proof of its key only, and a proof is good for a bound token only (RFC 9449 §7). */
async function problemOfKey(
  exchange: Exchange,
  { isProof, token, jkt }: { readonly isProof: boolean; readonly token: string; readonly jkt: string | null },
): Promise<OAuthRefusal | null> {
  const challenge = (error: string) => `DPoP error="${error}", algs="${proofAlgorithms.join(' ')}"`
  if (!isProof) {
    return jkt === null
      ? null
      : refuse('invalid_token', 'bound token as bearer', { 'www-authenticate': challenge('invalid_token') })
  }
  const key = await provenKey(exchange, token)
  if (!key.ok) {
    const { error, reason, headers } = key.problem
    return refuse('invalid_token', `${error}: ${reason}`, { ...headers, 'www-authenticate': challenge(error) })
  }
  const isRight = jkt !== null && key.value === jkt
  return isRight ? null : refuse('invalid_token', 'another key', { 'www-authenticate': challenge('invalid_token') })
}
