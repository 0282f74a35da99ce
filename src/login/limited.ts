// Counts an attempt by whom it is about, once a login method has read that from the request.
import { GatewayError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { limitRejection } from '../limit-rejection.ts'
import type { LimitRuleId } from '../limits/rules.ts'

/**
 * Throws 429 when there were too many, and 503 when nobody can count. False where it passes without having been counted,
 * because a captcha was answered instead.
 */
export async function limited(exchange: Exchange, rule: LimitRuleId, subject: string): Promise<boolean> {
  const problem = await exchange.deps.limits.asked(rule, subject, exchange, exchange.context)
  const rejection = await limitRejection(exchange, problem)
  if (rejection !== undefined) throw new GatewayError(rejection)
  return problem === null
}

/** A message that a stranger asks for: is it one of too many in the world, of this asker's to this mailbox, or of the mailbox's? */
export async function limitedMessage(exchange: Exchange, email: string): Promise<void> {
  await limited(exchange, 'messages-everywhere', '')
  await limited(exchange, 'mail-asker', email)
  await limited(exchange, 'mail-message', email)
}
