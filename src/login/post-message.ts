// Hands a message to the outbox. Whoever asked is told that it is on its way only when it cannot be lost any more.
import { unavailable } from '../errors.ts'
import { type Exchange, auditSource } from '../exchange.ts'
import type { OutgoingMessage } from '../outbox/message.ts'

export async function postMessage(exchange: Exchange, message: OutgoingMessage, validMs: number): Promise<void> {
  try {
    await exchange.deps.outbox.post(message, { validMs, source: auditSource(exchange) })
  } catch (cause) {
    throw unavailable('messages cannot be kept', cause)
  }
}
