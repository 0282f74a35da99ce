// Who is signed in, for the gateway's own paths.
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, reject, unrecognised } from '../exchange.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import type { Lease } from '../sessions/gate.ts'
import { ownClient } from '../tokens/access-token.ts'
import { type RefusedToken, tokenRejection } from '../tokens/refused-token.ts'

/** The session of the request's cookie, or 401; 503 when it cannot be checked. For what changes how somebody signs in. */
export function requireSession(exchange: Exchange): { readonly lease: Lease; readonly cookie: string } {
  const { authentication } = exchange
  switch (authentication.kind) {
    case 'session':
      return authentication
    case 'undecided':
      throw unavailable('session cannot be checked')
    case 'bearer':
      // Somebody, but without a session of a browser.
      throw new GatewayError(reject('forbidden', 'a session is needed'))
    case 'unrecognised':
      throw new GatewayError(unrecognised(authentication.reason))
    case 'refused-token':
      throw tokenRefusal(exchange, authentication)
    case 'anonymous':
    case 'refused':
      throw new GatewayError({ ...reject('unauthenticated', 'own path'), headers: { 'www-authenticate': 'Bearer' } })
  }
}

/**
 * Also whoever signed in for tokens here, by the access token. An application that the person signed in to got its tokens for
 * the site or for userinfo, and not to look after the account; nor has another issuer any say in it.
 */
export function requireSignedIn(exchange: Exchange): SessionPrincipal {
  const { authentication } = exchange
  if (authentication.kind !== 'bearer') return requireSession(exchange).lease.principal
  const { session, clientId } = authentication.holder
  if (session === null || clientId !== ownClient.id)
    throw new GatewayError(reject('forbidden', 'token of an application or of another issuer'))
  return session
}

/** What to throw where a token that is not accepted leaves nobody to go on as. */
export function tokenRefusal({ deps }: Exchange, refused: RefusedToken): GatewayError {
  return new GatewayError(tokenRejection(refused, deps.dpopNonces))
}

/** Not signed in, as far as anybody can say: whoever only has to prove it again is somebody. */
export function isNobody({ authentication: { kind } }: Exchange): boolean {
  return kind === 'anonymous' || kind === 'refused' || kind === 'refused-token'
}
