// Cross-origin requests of scripts, by policy: which other origins may call the site with the visitor's session.
import { matchRoute } from '../access/rules.ts'
import { type Exchange, reject } from '../exchange.ts'
import type { Rejection } from '../errors.ts'

const preflightMaxAgeS = 600
/** Lets scripts of an allowed origin read why they were refused. */
const exposed = 'x-request-id, x-portcullis-response, www-authenticate, retry-after, ratelimit, ratelimit-policy'

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

/** On answers the gateway makes itself; the site's own answers carry the site's own policy. */
export function allowOrigin(exchange: Exchange, headers: Headers): void {
  const origin = allowedOrigin(exchange)
  if (origin === null) return
  headers.set('access-control-allow-origin', origin)
  headers.set('access-control-allow-credentials', 'true')
  headers.set('access-control-expose-headers', exposed)
  headers.append('vary', 'origin')
}

/** Compared whole: no pattern, no suffix, and `null` is nobody. */
function allowedOrigin({ request, deps, isOwnPath }: Exchange): string | null {
  const origin = request.headers.get('origin')
  if (origin === null || isOwnPath) return null
  return deps.settings.config.cors.allowedOrigins.includes(origin) ? origin : null
}
