// Carries the messages of a WebSocket between a visitor and the site, and cuts it: when its session ends, or when one
// side is sent more than may lie here unread.
import type { Exchange } from '../exchange.ts'
import { exchangeFacts } from '../exchange-facts.ts'
import { log } from '../log.ts'
import type { EndOf, SessionEnd } from './session-watch.ts'

const endings: Readonly<Record<SessionEnd, readonly [code: number, reason: string]>> = {
  ended: [4401, 'session ended'],
  expired: [4401, 'session expired'],
  unchecked: [4408, 'session cannot be checked'],
}
const tryAgainLater = 1013
const encoder = new TextEncoder()
/** What a message that waits costs beside its bytes, roughly: without it, empty messages would cost nothing. */
const messageBytes = 128
/** For the closing handshake. With a session it has to stay under a second, hearing of the end included. */
const lingerMs = { sessionOver: 500, overflow: 2000 }

interface Side {
  readonly socket: WebSocket
  /** Sent to it since it last said something. */
  unansweredBytes: number
}

/**
 * The platform pipes a socket that is handed back as it came at the reader's speed, but such a socket can only be torn
 * off, not closed with a code. One that can, accepted here, has a queue of unknown length: `send` does not wait, and
 * nothing tells how much of it was read. What is known is when a side last spoke; so what it was sent since is bounded.
 */
export function relay(exchange: Exchange, endOf: EndOf, answer: Response, siteSocket: WebSocket): Response {
  const [outer, inner] = Object.values(new WebSocketPair())
  if (outer === undefined || inner === undefined) throw new Error('no socket pair')
  const [visitor, site] = [sideOf(inner), sideOf(siteSocket)]
  const limitBytes = exchange.deps.settings.config.webSockets.unansweredMegabytes * 1024 * 1024
  const cut = (code: number, reason: string, patienceMs: number): void => {
    closeBoth(visitor, site, code, reason)
    // Whoever does not answer the close does not read either: what waits for it is given up with the connection.
    setTimeout(() => {
      if (!isClosed(visitor) || !isClosed(site)) exchange.context.abort(new Error(`web socket cut: ${reason}`))
    }, patienceMs)
  }
  const carry = (from: Side, to: Side) => (data: string | ArrayBuffer) => {
    from.unansweredBytes = 0
    to.unansweredBytes += messageBytes + (typeof data === 'string' ? encoder.encode(data) : data).byteLength
    if (to.socket.readyState !== WebSocket.OPEN) return
    if (to.unansweredBytes <= limitBytes) return to.socket.send(data)
    log('info', 'web socket cut', { ...exchangeFacts(exchange), unread_by: to === site ? 'site' : 'visitor' })
    cut(tryAgainLater, 'too much unanswered', lingerMs.overflow)
  }
  listen(visitor, site, carry(visitor, site))
  listen(site, visitor, carry(site, visitor))
  const left = new AbortController()
  inner.addEventListener('close', () => left.abort())
  const watching = endOf(left.signal).then((end) => {
    if (end !== null) cut(...endings[end], lingerMs.sessionOver)
  })
  exchange.context.waitUntil(watching)
  const headers = new Headers(answer.headers)
  // Agreed between the site and this end of it; the other end says for itself.
  headers.delete('sec-websocket-extensions')
  return new Response(null, { status: 101, webSocket: outer, headers })
}

function sideOf(socket: WebSocket): Side {
  // The default is a Blob, which `send` would turn into the text "[object Blob]".
  socket.binaryType = 'arraybuffer'
  socket.accept({ allowHalfOpen: true })
  return { socket, unansweredBytes: 0 }
}

function listen(from: Side, to: Side, carry: (data: string | ArrayBuffer) => void): void {
  from.socket.addEventListener('message', ({ data }) => carry(data as string | ArrayBuffer))
  from.socket.addEventListener('close', ({ code, reason }) => closeBoth(to, from, code, reason))
  from.socket.addEventListener('error', () => closeBoth(to, from, 1011, 'connection lost'))
}

function isClosed({ socket }: Side): boolean {
  return socket.readyState === WebSocket.CLOSED
}

function closeBoth(first: Side, second: Side, code: number, reason: string): void {
  for (const { socket } of [first, second]) {
    try {
      // 1005 and 1006 say that there was no code; they cannot be sent (RFC 6455 §7.4.1).
      if (code === 1005 || code === 1006) socket.close()
      else socket.close(code, reason)
    } catch {
      // Already closed from the other side, which is what was wanted.
    }
  }
}
