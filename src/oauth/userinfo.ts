// Who the access token is about (OpenID Connect Core §5.3), as the account is now.
import type { Exchange } from '../exchange.ts'
import { unavailable } from '../errors.ts'
import { judgeAccessToken } from '../tokens/live-token.ts'
import type { TokenSigner } from '../tokens/signing-keys.ts'
import { personClaims } from './person-claims.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'

export async function userinfo(exchange: Exchange, signer: TokenSigner): Promise<Response | OAuthRefusal> {
  const { request, deps, client } = exchange
  const header = request.headers.get('authorization')
  // RFC 6750 §3.1: whoever sent nothing is told the scheme and no error.
  if (header === null) return refuse('invalid_token', 'no token', { 'www-authenticate': 'Bearer' })
  const [, token] = /^bearer +([\w.-]+)$/i.exec(header) ?? []
  const verdict =
    token === undefined
      ? ({ outcome: 'dead', reason: 'malformed header' } as const)
      : await judgeAccessToken({ signer, userObject: deps.userObject }, token, client.ip)
  switch (verdict.outcome) {
    case 'unknown':
      throw unavailable('the session cannot be checked')
    case 'dead':
      return refuse('invalid_token', verdict.reason, { 'www-authenticate': 'Bearer error="invalid_token"' })
    case 'live': {
      const { scopes } = verdict.claims
      if (!scopes.includes('openid')) {
        const challenge = 'Bearer error="insufficient_scope", scope="openid"'
        return refuse('insufficient_scope', 'no openid', { 'www-authenticate': challenge })
      }
      return Response.json({ sub: verdict.claims.userId, ...personClaims(verdict.session, scopes) })
    }
  }
}
