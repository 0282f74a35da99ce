// Counts an attempt by whom it is about, once a login method has read that from the request.
import { GatewayError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { limitRejection } from '../limit-rejection.ts'
import type { LimitRuleId } from '../limits/rules.ts'
import { wideNetwork } from '../limits/subject.ts'
import { sighted } from '../sightings.ts'
import type { SightingKind } from '../threats/detectors/evidence.ts'

/** What asking shows of whoever asks, also when it is refused. */
const shown: Partial<Record<LimitRuleId, SightingKind>> = { 'mail-message': 'asked', 'phone-code': 'sent' }

/**
 * Throws 429 when there were too many, and 503 when nobody can count. False where it passes without having been counted,
 * because a captcha was answered instead.
 */
export async function limited(exchange: Exchange, rule: LimitRuleId, subject: string): Promise<boolean> {
  const kind = shown[rule]
  if (kind !== undefined) sighted(exchange, kind, subject)
  const problem = await exchange.deps.limits.asked(rule, subject, exchange, exchange.context)
  const rejection = await limitRejection(exchange, problem)
  if (rejection !== undefined) throw new GatewayError(rejection)
  return problem === null
}

/**
 * A message that a stranger asks for: is it one of too many in the world, of this asker's to this mailbox, of their network's,
 * of the mailbox's, or of what the site sends in a day? Whoever is nearest to the cause comes first, and spares the others.
 */
export async function limitedMessage(exchange: Exchange, email: string): Promise<void> {
  await limited(exchange, 'messages-everywhere', '')
  await limited(exchange, 'mail-asker', email)
  await limited(exchange, 'mail-network', wideNetwork(exchange.client.ip) ?? 'unknown')
  await limited(exchange, 'mail-message', email)
  await limited(exchange, 'mail-day', '')
}

/** The network that the address of a client is in: many addresses in one hand are one guesser. */
export async function limitedNetwork(exchange: Exchange): Promise<void> {
  const network = wideNetwork(exchange.client.ip)
  if (network !== null) await limited(exchange, 'login-network', network)
}
