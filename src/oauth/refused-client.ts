// A program that did not prove which client it is: somebody tries secrets, or one was replaced and not everybody knows.
// Anybody can bring this about, so the trail has the first of a client, a network and a reason, and how many came besides.
import type { Exchange } from '../exchange.ts'
import { minuteMs } from '../kit/duration.ts'
import { createSparing } from '../kit/sparing.ts'
import { addressSubject } from '../limits/subject.ts'
import type { OAuthRefusal } from './refusal.ts'

const told = createSparing({ everyMs: 10 * minuteMs, mostAMinute: 30 })

/** @param client null where nobody is registered by the name: what strangers call themselves is not put on record. */
export function refusedClient(
  { deps, client: { ip } }: Exchange,
  client: string | null,
  refusal: OAuthRefusal,
): OAuthRefusal {
  const network = addressSubject(ip, deps.settings.config.limits.ipv6Prefix)
  const passedOver = told(`${client ?? ''} ${network} ${refusal.reason}`, deps.now())
  if (passedOver === null) return refusal
  const facts = { reason: refusal.reason, details: { client, passed_over: passedOver } }
  return { ...refusal, event: { type: 'client.refused', facts } }
}
