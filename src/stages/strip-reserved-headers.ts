// Leaves behind what a client may not say to the origin: identity, forwarding, hop-by-hop headers and our cookies.
import { hopByHop } from '../access/reserved-headers.ts'
import { takeCookies } from '../access/strip-cookie.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { ownCookieNames } from '../sessions/cookie.ts'

export function stripReservedHeaders(exchange: Exchange): Rejection | undefined {
  const { request } = exchange
  const isReserved = exchange.deps.reserved
  const received = request.headers
  if (!isFramedPlainly(request.method, received)) return reject('bad_request', 'transfer coding')
  const connectionOnly = hopByHop(received.get('connection'))
  // Copied by the platform, to the byte: not everything a client can send is text that a script could write again.
  const headers = new Headers(received)
  let cookie = ''
  received.forEach((value, name) => {
    if (name === 'cookie') cookie = value
    else if (isReserved(name) || connectionOnly.has(name)) headers.delete(name)
  })
  exchange.headers = headers
  if (cookie === '') return undefined
  // Taken although `Connection` may list `cookie`: that must not turn somebody signed in into nobody.
  const taken = takeCookies(cookie, ownCookieNames)
  if (taken === 'ambiguous') return reject('bad_request', 'ambiguous cookie header')
  exchange.cookies = taken.taken
  if (taken.rest === '' || connectionOnly.has('cookie')) headers.delete('cookie')
  else if (taken.rest !== cookie) headers.set('cookie', taken.rest)
  return undefined
}

/** Any coding but `chunked` would go on without the header that says so; chunks of a GET, workerd would drop. */
function isFramedPlainly(method: string, headers: Headers): boolean {
  const coding = headers.get('transfer-encoding')
  return coding === null || (coding.toLowerCase() === 'chunked' && method !== 'GET' && method !== 'HEAD')
}
