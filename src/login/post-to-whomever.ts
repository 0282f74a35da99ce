// Messages that strangers ask for. A question to somebody has to reach the record's disk, and one to nobody is none, which takes
// some milliseconds less: so whoever asked is answered when both would be done.
import type { Exchange } from '../exchange.ts'
import type { OutgoingMessage } from '../outbox/message.ts'
import { postMessage } from '../post-message.ts'
import { noSooner } from './no-sooner.ts'

/** Longer than a record and an outbox that are near usually take, and no wait that a person would notice. */
const answerAfterMs = 250

/** Posts the message, or nobody's, for a stranger who must not learn which of them it was. */
export async function postToWhomever(exchange: Exchange, message: OutgoingMessage, validMs: number): Promise<void> {
  await postMessage(exchange, message, validMs)
  await noSooner(exchange, answerAfterMs)
}
