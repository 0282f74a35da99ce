// Leaves behind what a client may not say to the origin: identity, forwarding, hop-by-hop headers and our cookies.
import { hopByHop, isReserved } from '../access/reserved-headers.ts'
import { takeCookies } from '../access/strip-cookie.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { ownCookieNames } from '../sessions/cookie.ts'

export function stripReservedHeaders(exchange: Exchange): Rejection | undefined {
  const { request, deps } = exchange
  if (!isFramedPlainly(request)) return reject('bad_request', 'transfer coding')
  const headers = new Headers(request.headers)
  const taken = takeOwnCookies(exchange, headers)
  const connectionOnly = hopByHop(headers.get('connection'))
  for (const name of request.headers.keys()) {
    if (isReserved(deps.reserved, name) || connectionOnly.has(name)) headers.delete(name)
  }
  exchange.headers = headers
  return taken
}

/** Any coding but `chunked` would go on without the header that says so; chunks of a GET, workerd would drop. */
function isFramedPlainly({ method, headers }: Request): boolean {
  const coding = headers.get('transfer-encoding')
  return coding === null || (coding.toLowerCase() === 'chunked' && method !== 'GET' && method !== 'HEAD')
}

/** Before `Connection` is obeyed: it may list `cookie`, which must not turn somebody signed in into nobody. */
function takeOwnCookies(exchange: Exchange, headers: Headers): Rejection | undefined {
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
