// A program shows a fresh access token for the WebSockets and event streams that it opened with one before: they go on until
// that one expires.
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { tokenRefusal } from '../forms/require-session.ts'
import type { BearerHolder } from '../identity/bearer-token.ts'
import type { SessionPrincipal } from '../identity/principal.ts'

/** Until when what the session of the token has open may go on. */
export async function prolongSockets(exchange: Exchange): Promise<number> {
  const { session, expiresAtMs } = requireToken(exchange)
  const { sessionId, userId, shard } = session
  const object = exchange.deps.userObject(shard)
  const attendance = object === null ? null : await object.attend({ sessionId, userId }, expiresAtMs)
  if (attendance?.outcome === 'unknown') throw unavailable('the session cannot be checked')
  if (attendance?.outcome !== 'live') throw notSignedIn('session ended meanwhile')
  return Math.max(expiresAtMs, attendance.shownUntilMs ?? 0)
}

/** An access token of our own: of others nobody here knows which belong together. */
function requireToken(exchange: Exchange): BearerHolder & { readonly session: SessionPrincipal } {
  const { authentication, deps } = exchange
  switch (authentication.kind) {
    case 'bearer': {
      const { holder } = authentication
      if (holder.session === null) throw new GatewayError(reject('forbidden', 'token of another issuer'))
      // Still admitted for the sake of clocks, but there is nothing it could put off.
      if (holder.expiresAtMs <= deps.now()) throw tokenRefusal(exchange, expired(holder, deps.tokens?.issuer ?? null))
      return { ...holder, session: holder.session }
    }
    case 'refused-token':
      throw tokenRefusal(exchange, authentication)
    case 'undecided':
      throw unavailable('token cannot be checked')
    case 'session':
    case 'unrecognised':
    case 'refused':
    case 'anonymous':
      // What a cookie opened goes by its session and needs nothing of this.
      throw notSignedIn('no token')
  }
}

function expired({ jkt }: BearerHolder, issuer: string | null): Parameters<typeof tokenRefusal>[1] {
  const refusal = { kind: 'refused-token', reason: 'expired', issuer } as const
  return jkt === null ? refusal : { ...refusal, dpopError: 'invalid_token' }
}

function notSignedIn(reason: string): GatewayError {
  return new GatewayError({ ...reject('unauthenticated', reason), headers: { 'www-authenticate': 'Bearer' } })
}
