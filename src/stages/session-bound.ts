// Lets an answer that goes on after it was given, a WebSocket or an event stream, last no longer than its session or token.
import type { Exchange } from '../exchange.ts'
import { endWithSession, isEventStream } from './event-stream.ts'
import { ownTokenEnd } from './own-token-watch.ts'
import { type EndOf, sessionEnd } from './session-watch.ts'
import { relay } from './socket-relay.ts'
import { tokenEnd } from './token-watch.ts'

/** For nobody there is nothing to outlive: the platform then passes the answer on by itself, as it is. */
export function boundToSession(exchange: Exchange, answer: Response): Response {
  const endOf = endOfCredential(exchange)
  if (endOf === null) return answer
  if (answer.webSocket !== null) return relay(exchange, endOf, answer, answer.webSocket)
  return isEventStream(answer) ? endWithSession(endOf, answer) : answer
}

function endOfCredential(exchange: Exchange): EndOf | null {
  const { authentication } = exchange
  if (authentication.kind === 'session') {
    const { principal } = authentication.lease
    return (left) => sessionEnd(exchange, { ...principal, endsAtMs: principal.sessionExpiresAtMs }, left)
  }
  if (authentication.kind !== 'bearer') return null
  const { holder } = authentication
  const { session, expiresAtMs } = holder
  if (session === null) return (left) => tokenEnd(exchange, holder, left)
  return (left) => ownTokenEnd(exchange, session, expiresAtMs, left)
}
