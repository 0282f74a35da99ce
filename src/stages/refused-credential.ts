// Notes a session cookie or token that was none: one is an old tab, dozens from one place are guesses. Refuses nobody.
import { type Exchange, singleCookie } from '../exchange.ts'
import { sighted } from '../sightings.ts'
import { sessionCookieName } from '../sessions/cookie.ts'

export function refusedCredential(exchange: Exchange): undefined {
  const { authentication, request } = exchange
  if (authentication.kind === 'refused') sighted(exchange, 'refused', singleCookie(exchange, sessionCookieName) ?? '')
  // What no listed issuer made may be the site's own, and good.
  if (authentication.kind === 'refused-token' && authentication.issuer !== null)
    sighted(exchange, 'refused', request.headers.get('authorization') ?? '')
  return undefined
}
