// Hands the request to the origin with identity it can trust, and the answer back as the origin gave it.
import type { OriginTarget, RouteSettings } from '../config/settings.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, holderOf, reject } from '../exchange.ts'
import { type Passport, makePassport, passportAtHand } from '../tokens/passport.ts'
import { boundToSession } from './session-bound.ts'
import { isUpgrade, refuseUpgrade } from './web-socket.ts'

export type Forwarded = { readonly response: Response } | { readonly rejection: Rejection }

export async function forward(exchange: Exchange, route: RouteSettings): Promise<Forwarded> {
  const { deps, request } = exchange
  const origin = deps.settings.origins.get(route.origin)
  if (origin === undefined) return { rejection: reject('misconfigured', 'route without origin') }
  const pending = passportFor(exchange, origin.id)
  const passport = pending instanceof Promise ? await pending : pending
  writeHeaders(exchange, passport)
  if (isUpgrade(request)) {
    const refused = await refuseUpgrade(exchange)
    if (refused !== undefined) return { rejection: refused }
    exchange.headers.set('upgrade', 'websocket')
  }
  try {
    const response = await inTime(route.timeoutMs, send(exchange, origin.target))
    return { response: finish(exchange, boundToSession(exchange, response)) }
  } catch (error) {
    if (error instanceof OriginTimeout) return { rejection: reject('origin_timeout', 'no headers in time') }
    return { rejection: reject('origin_unreachable', error instanceof Error ? error.name : 'unknown') }
  }
}

/** Nearly always at hand: only who has to make one waits. */
function passportFor(exchange: Exchange, originId: string): Passport | null | Promise<Passport> {
  const { deps } = exchange
  const holder = holderOf(exchange)
  if (holder === null) return null
  const nowMs = deps.now()
  const atHand = passportAtHand(holder, originId, nowMs)
  const names = deps.settings.config.identityHeaders
  return atHand ?? makePassport(holder, originId, { signer: deps.assertions, names, nowMs })
}

/** Written, never appended to what a client sent: those headers are gone already. */
function writeHeaders(exchange: Exchange, passport: Passport | null): void {
  const { headers, client, target, id } = exchange
  const { protocol } = exchange.deps.publicUrl
  if (passport !== null) for (const [name, value] of passport.headers) headers.set(name, value)
  headers.set('x-request-id', id)
  headers.set('traceparent', traceparent(id))
  headers.set('x-forwarded-proto', protocol)
  headers.set('x-forwarded-host', target.host)
  // Quoted, as a host with a port or brackets is no token (RFC 7239 §4); the host was checked to hold no quote.
  const node = client.ip === null ? 'unknown' : client.ip.includes(':') ? `"[${client.ip}]"` : client.ip
  headers.set('forwarded', `for=${node};host="${target.host}";proto=${protocol}`)
  if (client.ip !== null) headers.set('x-forwarded-for', client.ip)
}

/** W3C Trace Context §3.2: the request's id is the trace, its last half the span. */
function traceparent(id: string): string {
  const tail = id.slice(19, 23) + id.slice(24)
  return `00-${id.slice(0, 8)}${id.slice(9, 13)}${id.slice(14, 18)}${tail}-${tail}-01`
}

function originUrl({ target, deps }: Exchange, origin: OriginTarget): string {
  const base = origin.kind === 'url' ? origin.base : `${deps.publicUrl.protocol}://${target.host}`
  return base + target.path + target.search
}

function send(exchange: Exchange, origin: OriginTarget): Promise<Response> {
  const { deps, request, headers } = exchange
  const { method, body } = request
  const url = originUrl(exchange, origin)
  // A redirect is the origin's answer to the browser, not an order to the gateway.
  const redirect = 'manual'
  // Neither takes a `body` for these methods, but a copied request keeps the one it has.
  const isUnusual = body !== null && (method === 'GET' || method === 'HEAD')
  const [target, init]: [Request | string, RequestInit] = isUnusual
    ? [new Request(url, request), { headers, redirect }]
    : [url, { method, headers, body, redirect }]
  // Never by way of another Request: making one costs as much as reading all headers of the client.
  if (origin.kind !== 'service') return fetch(target, init)
  const service = deps.service(origin.binding)
  if (service === null) throw new TypeError('no such service')
  return service.fetch(new Request(target, init))
}

class OriginTimeout extends Error {}

/**
 * Bounds the wait for headers only: a body may take as long as it likes. No abort signal, which would have to be kept
 * from ending the body and costs a request a tenth: the platform ends what a finished request left under way.
 */
function inTime(timeoutMs: number, answer: Promise<Response>): Promise<Response> {
  return new Promise((resolve, fail) => {
    const timer = setTimeout(() => fail(new OriginTimeout()), timeoutMs)
    answer.then(
      (response) => {
        clearTimeout(timer)
        resolve(response)
      },
      (error: unknown) => {
        clearTimeout(timer)
        fail(error)
      },
    )
  })
}

/** The origin's answer with our id on it. Headers of a fetched response cannot be changed, so it is wrapped. */
function finish(exchange: Exchange, response: Response): Response {
  const wrapped = new Response(response.body, response)
  const { headers } = wrapped
  headers.set('x-request-id', exchange.id)
  // Only gateway-made answers carry it: an origin must not be able to look like the gateway.
  headers.delete('x-portcullis-response')
  for (const cookie of exchange.setCookies) headers.append('set-cookie', cookie)
  return wrapped
}
