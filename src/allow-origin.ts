// Which other origins' scripts may call the site with the visitor's session, and read what the gateway answers.
import type { Exchange } from './exchange.ts'

/** Lets scripts of an allowed origin read why they were refused. */
const exposed =
  'x-request-id, x-portcullis-response, www-authenticate, dpop-nonce, retry-after, ratelimit, ratelimit-policy'

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
export function allowedOrigin({ request, deps, isOwnPath }: Exchange): string | null {
  const origin = request.headers.get('origin')
  if (origin === null || isOwnPath) return null
  return deps.settings.config.cors.allowedOrigins.includes(origin) ? origin : null
}
