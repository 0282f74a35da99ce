// Leaves behind what a client may not say to the origin: identity, forwarding, hop-by-hop headers and our cookies.
import { hopByHop, isReserved } from '../access/reserved-headers.ts'
import { takeCookies } from '../access/strip-cookie.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { ownCookieNames } from '../sessions/cookie.ts'

export function stripReservedHeaders(exchange: Exchange): Rejection | undefined {
  const { request, deps } = exchange
  const headers = new Headers(request.headers)
  const connectionOnly = hopByHop(headers.get('connection'))
  for (const name of request.headers.keys()) {
    if (isReserved(deps.reserved, name) || connectionOnly.has(name)) headers.delete(name)
  }
  exchange.headers = headers
  const cookie = headers.get('cookie')
  if (cookie === null) return undefined
  const taken = takeCookies(cookie, ownCookieNames)
  if (taken === 'ambiguous') return reject('bad_request', 'ambiguous cookie header')
  if (taken.rest === cookie) return undefined
  exchange.cookies = taken.taken
  if (taken.rest === '') headers.delete('cookie')
  else headers.set('cookie', taken.rest)
  return undefined
}
