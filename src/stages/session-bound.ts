// Lets an answer that goes on after it was given, a WebSocket or an event stream, last no longer than its session.
import type { Exchange } from '../exchange.ts'
import { endWithSession, isEventStream } from './event-stream.ts'
import { relay } from './socket-relay.ts'

/** Without a session there is nothing to outlive: the platform then passes the answer on by itself, as it is. */
export function boundToSession(exchange: Exchange, answer: Response): Response {
  const { authentication } = exchange
  if (authentication.kind !== 'session') return answer
  if (answer.webSocket !== null) return relay(exchange, authentication.lease, answer, answer.webSocket)
  return isEventStream(answer) ? endWithSession(exchange, authentication.lease, answer) : answer
}
