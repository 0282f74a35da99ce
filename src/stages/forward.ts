// Hands the request to the origin with identity it can trust, and the answer back as the origin gave it.
import type { OriginTarget, RouteSettings } from '../config/settings.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { type Passport, makePassport, passportAtHand } from '../tokens/passport.ts'
import { isUpgrade, relay } from './web-socket.ts'

export type Forwarded = { readonly response: Response } | { readonly rejection: Rejection }

export async function forward(exchange: Exchange, route: RouteSettings): Promise<Forwarded> {
  const { deps, request } = exchange
  const origin = deps.settings.origins.get(route.origin)
  if (origin === undefined) return { rejection: reject('misconfigured', 'route without origin') }
  const passport = await passportFor(exchange, origin.id)
  writeHeaders(exchange, passport)
  if (isUpgrade(request)) return relay(exchange, route, originUrl(exchange, origin.target))
  try {
    const response = await withTimeout(route.timeoutMs, (signal) => send(exchange, origin.target, signal))
    return { response: finish(exchange, response) }
  } catch (error) {
    if (error instanceof OriginTimeout) return { rejection: reject('origin_timeout', 'no headers in time') }
    return { rejection: reject('origin_unreachable', error instanceof Error ? error.name : 'unknown') }
  }
}

async function passportFor(exchange: Exchange, originId: string): Promise<Passport | null> {
  const { authentication, deps } = exchange
  if (authentication.kind !== 'session') return null
  const nowMs = deps.now()
  const atHand = passportAtHand(authentication.lease, originId, nowMs)
  const names = deps.settings.config.identityHeaders
  return atHand ?? makePassport(authentication.lease, originId, { signer: deps.assertions, names, nowMs })
}

/** Written, never appended to what a client sent: those headers are gone already. */
function writeHeaders(exchange: Exchange, passport: Passport | null): void {
  const { headers, client, target, id } = exchange
  const { protocol } = exchange.deps.publicUrl
  if (passport !== null) for (const [name, value] of passport.headers) headers.set(name, value)
  headers.set('x-request-id', id)
  headers.set('traceparent', `00-${id.replaceAll('-', '')}-${id.slice(19, 23)}${id.slice(24)}-01`)
  headers.set('x-forwarded-proto', protocol)
  headers.set('x-forwarded-host', target.host)
  // Quoted, as a host with a port or brackets is no token (RFC 7239 §4); the host was checked to hold no quote.
  const node = client.ip === null ? 'unknown' : client.ip.includes(':') ? `"[${client.ip}]"` : client.ip
  headers.set('forwarded', `for=${node};host="${target.host}";proto=${protocol}`)
  if (client.ip !== null) headers.set('x-forwarded-for', client.ip)
}

function originUrl({ target, deps }: Exchange, origin: OriginTarget): string {
  const base = origin.kind === 'url' ? origin.base : `${deps.publicUrl.protocol}://${target.host}`
  return base + target.path + target.search
}

function send(exchange: Exchange, origin: OriginTarget, signal: AbortSignal): Promise<Response> {
  const { deps, request, headers } = exchange
  const { method, body } = request
  const url = originUrl(exchange, origin)
  // A redirect is the origin's answer to the browser, not an order to the gateway.
  const redirect = 'manual'
  // Neither takes a `body` for these methods, but a copied request keeps the one it has.
  const isUnusual = body !== null && (method === 'GET' || method === 'HEAD')
  const [target, init]: [Request | string, RequestInit] = isUnusual
    ? [new Request(url, request), { headers, redirect, signal }]
    : [url, { method, headers, body, redirect, signal }]
  // Never by way of another Request: making one costs as much as reading all headers of the client.
  if (origin.kind !== 'service') return fetch(target, init)
  const service = deps.service(origin.binding)
  if (service === null) throw new TypeError('no such service')
  return service.fetch(new Request(target, init))
}

class OriginTimeout extends Error {}

/** Bounds the wait for headers only: a body may take as long as it likes. */
async function withTimeout(timeoutMs: number, run: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    return await run(abort.signal)
  } catch (error) {
    throw abort.signal.aborted ? new OriginTimeout() : error
  } finally {
    clearTimeout(timer)
  }
}

/** The origin's answer with our id on it. Headers of a fetched response cannot be changed, so it is wrapped. */
function finish(exchange: Exchange, response: Response): Response {
  const wrapped = new Response(response.body, response)
  wrapped.headers.set('x-request-id', exchange.id)
  // Only gateway-made answers carry it: an origin must not be able to look like the gateway.
  if (wrapped.headers.has('x-portcullis-response')) wrapped.headers.delete('x-portcullis-response')
  for (const cookie of exchange.setCookies) wrapped.headers.append('set-cookie', cookie)
  return wrapped
}
