import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, reject, unrecognised } from '../exchange.ts'
import type { Lease } from '../sessions/gate.ts'

/** The session of the request, or 401; 503 when it cannot be checked. */
export function requireSession({ authentication }: Exchange): { readonly lease: Lease; readonly cookie: string } {
  switch (authentication.kind) {
    case 'session':
      return authentication
    case 'undecided':
      throw unavailable('session cannot be checked')
    case 'bearer':
      // Somebody, but without a session of ours to show, list or end.
      throw new GatewayError(reject('forbidden', 'a session is needed'))
    case 'unrecognised':
      throw new GatewayError(unrecognised(authentication.reason))
    case 'anonymous':
    case 'refused':
    case 'refused-token':
      throw new GatewayError({ ...reject('unauthenticated', 'own path'), headers: { 'www-authenticate': 'Bearer' } })
  }
}

/** Not signed in, as far as anybody can say: whoever only has to prove it again is somebody. */
export function isNobody({ authentication: { kind } }: Exchange): boolean {
  return kind === 'anonymous' || kind === 'refused' || kind === 'refused-token'
}
