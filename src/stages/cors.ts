// Preflights of scripts elsewhere, answered by policy instead of by the site.
import { matchRoute } from '../access/rules.ts'
import { allowOrigin, allowedOrigin } from '../allow-origin.ts'
import { type Exchange, reject } from '../exchange.ts'
import type { Rejection } from '../errors.ts'

const preflightMaxAgeS = 600

/** A preflight never carries credentials, so it must be answered before anybody asks who it is (Fetch §3.2.2). */
export function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method')
}

/**
 * The answer to a preflight of a listed origin. Undefined: the path is public for the method asked about, and the site
 * answers for itself. A rejection for everything else, without a header that would let the browser go on.
 */
export function answerPreflight(exchange: Exchange): Response | Rejection | undefined {
  const { request, deps, target } = exchange
  const method = request.headers.get('access-control-request-method') ?? ''
  if (!allowedOrigin(exchange)) {
    const route = matchRoute(deps.routes, { host: target.host, path: target.path, method })
    return route?.requirement.kind === 'public' ? undefined : reject('origin_not_allowed', 'preflight')
  }
  const response = new Response(null, { status: 204 })
  allowOrigin(exchange, response.headers)
  response.headers.set('access-control-allow-methods', method)
  const asked = request.headers.get('access-control-request-headers')
  if (asked !== null) response.headers.set('access-control-allow-headers', asked)
  response.headers.set('access-control-max-age', String(preflightMaxAgeS))
  response.headers.set('x-request-id', exchange.id)
  response.headers.set('x-portcullis-response', 'preflight')
  return response
}
