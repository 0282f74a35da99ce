// A WebSocket through the gateway: admitted by Origin, relayed both ways, closed when the session that opened it ends.
import type { RouteSettings } from '../config/settings.ts'
import { type Exchange, auditSource, principalOf, reject } from '../exchange.ts'
import type { Forwarded } from './forward.ts'

const sessionEnded = 4401
const revalidationTimedOut = 4408
const watchRetryMs = 500
const watchPatienceMs = 30_000

export function isUpgrade(request: Request): boolean {
  return request.headers.get('upgrade')?.toLowerCase() === 'websocket'
}

export async function relay(exchange: Exchange, route: RouteSettings, url: string): Promise<Forwarded> {
  if (!isOriginAllowed(exchange)) {
    const principal = principalOf(exchange)
    const facts = {
      reason: 'web socket origin',
      ...(principal ? { userId: principal.userId, sessionId: principal.sessionId } : {}),
    }
    await exchange.deps.audit.record('access.denied', auditSource(exchange), facts)
    return { rejection: reject('origin_not_allowed', 'web socket origin') }
  }
  exchange.headers['upgrade'] = 'websocket'
  let answer: Response
  try {
    answer = await fetch(url, { headers: exchange.headers, signal: AbortSignal.timeout(route.timeoutMs) })
  } catch {
    return { rejection: reject('origin_unreachable', 'upgrade') }
  }
  const upstream = answer.webSocket
  if (upstream === null) return { response: new Response(answer.body, answer) }
  const [outer, inner] = Object.values(new WebSocketPair())
  if (outer === undefined || inner === undefined) throw new Error('no socket pair')
  for (const socket of [inner, upstream]) {
    // The default is a Blob, which `send` would turn into the text "[object Blob]".
    socket.binaryType = 'arraybuffer'
    socket.accept({ allowHalfOpen: true })
  }
  pipe(inner, upstream)
  pipe(upstream, inner)
  if (exchange.authentication.kind === 'session') exchange.context.waitUntil(watch(exchange, inner, upstream))
  const headers = new Headers()
  const protocol = answer.headers.get('sec-websocket-protocol')
  if (protocol !== null) headers.set('sec-websocket-protocol', protocol)
  return { response: new Response(null, { status: 101, webSocket: outer, headers }) }
}

/**
 * Browsers send Origin with every upgrade and no preflight, so this is the only defence against another site opening a
 * socket with the visitor's cookie. A program that sends no Origin has no ambient cookie to be abused.
 */
function isOriginAllowed({ request, deps }: Exchange): boolean {
  const origin = request.headers.get('origin')
  if (origin === null) return true
  return (
    origin === deps.settings.environment.PUBLIC_URL || deps.settings.config.webSockets.allowedOrigins.includes(origin)
  )
}

function pipe(from: WebSocket, to: WebSocket): void {
  from.addEventListener('message', ({ data }) => {
    if (to.readyState === WebSocket.OPEN) to.send(data as string | ArrayBuffer)
  })
  from.addEventListener('close', ({ code, reason }) => closeBoth(to, from, code, reason))
  from.addEventListener('error', () => closeBoth(to, from, 1011, 'connection lost'))
}

function closeBoth(first: WebSocket, second: WebSocket, code: number, reason: string): void {
  for (const socket of [first, second]) {
    try {
      // 1005 and 1006 say that there was no code; they cannot be sent (RFC 6455 §7.4.1).
      if (code === 1005 || code === 1006) socket.close()
      else socket.close(code, reason)
    } catch {
      // Already closed from the other side, which is what was wanted.
    }
  }
}

/**
 * Keeps a socket to the user's object beside the forwarded one. It costs nothing while nothing happens, and the object
 * closes it in the moment the session ends. Lost (a restart of the object), it is opened again; as long as that fails
 * nobody knows whether the session lives, so patience is short.
 */
async function watch(exchange: Exchange, inner: WebSocket, upstream: WebSocket): Promise<void> {
  if (exchange.authentication.kind !== 'session') return
  const { principal } = exchange.authentication.lease
  const expiry = setTimeout(
    () => closeBoth(inner, upstream, sessionEnded, 'session expired'),
    timerMs(principal.sessionExpiresAtMs - exchange.deps.now()),
  )
  let lostAtMs = exchange.deps.now()
  while (inner.readyState === WebSocket.OPEN) {
    const outcome = await untilLost(exchange, inner)
    if (outcome === 'ended') closeBoth(inner, upstream, sessionEnded, 'session ended')
    if (outcome !== 'lost' && outcome !== 'unreachable') break
    if (outcome === 'lost') lostAtMs = exchange.deps.now()
    if (exchange.deps.now() - lostAtMs > watchPatienceMs)
      closeBoth(inner, upstream, revalidationTimedOut, 'session cannot be checked')
    await new Promise((resolve) => setTimeout(resolve, watchRetryMs))
  }
  clearTimeout(expiry)
}

/** Timers hold 31 bits; a session may last longer. Waking early would end a live session, so the longest wait is for ever. */
function timerMs(ms: number): number {
  return Math.min(Math.max(ms, 0), 2 ** 31 - 1)
}

async function untilLost(exchange: Exchange, inner: WebSocket): Promise<'ended' | 'closed' | 'lost' | 'unreachable'> {
  const control = await openControl(exchange)
  if (control === 'ended' || control === 'unreachable') return control
  control.accept()
  return new Promise((resolve) => {
    control.addEventListener('close', ({ code }) => resolve(code === sessionEnded ? 'ended' : 'lost'))
    control.addEventListener('error', () => resolve('lost'))
    const leave = (): void => {
      resolve('closed')
      control.close(1000)
    }
    // The visitor may have left while the control socket was being opened.
    if (inner.readyState === WebSocket.OPEN) inner.addEventListener('close', leave)
    else leave()
  })
}

async function openControl(exchange: Exchange): Promise<WebSocket | 'ended' | 'unreachable'> {
  if (exchange.authentication.kind !== 'session') return 'ended'
  const { lease } = exchange.authentication
  const object = exchange.deps.userObject(lease.principal.shard)
  if (object === null) return 'ended'
  try {
    const url = `https://user-object/watch?session=${lease.principal.sessionId}&user=${lease.principal.userId}`
    const answer = await object.fetch(new Request(url, { headers: { upgrade: 'websocket' } }))
    return answer.webSocket ?? 'unreachable'
  } catch {
    return 'unreachable'
  }
}
