// Hands a message to the outbox. Whoever asked is told that it is on its way only when it cannot be lost any more.
import { unavailable } from './errors.ts'
import { type Exchange, auditSource } from './exchange.ts'
import { dayMs } from './kit/duration.ts'
import type { OutgoingMessage } from './outbox/message.ts'
import type { OutgoingMail } from './providers/email/mailer.ts'

/** Rejects, as 503, when nobody can keep it. */
export async function postMessage(exchange: Exchange, message: OutgoingMessage, validMs: number): Promise<void> {
  try {
    await exchange.deps.outbox.post(message, { validMs, source: auditSource(exchange) })
  } catch (cause) {
    throw unavailable('messages cannot be kept', cause)
  }
}

/** News of what has changed already: a mail that nobody can keep is put on record and fails nothing. */
export async function postNotice(exchange: Exchange, mail: OutgoingMail): Promise<void> {
  try {
    await postMessage(exchange, { channel: 'email', mail }, dayMs)
  } catch {
    const facts = { reason: 'outbox away', details: { channel: 'email' } }
    exchange.context.waitUntil(exchange.deps.audit.record('message.undelivered', auditSource(exchange), facts))
  }
}
