// Counts an attempt by whom it is about, once a login method has read that from the request.
import { GatewayError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { limitRejection } from '../limit-rejection.ts'
import type { LimitRuleId } from '../limits/rules.ts'

/** Throws 429 when there were too many, and 503 when nobody can count. */
export async function limited(exchange: Exchange, rule: LimitRuleId, subject: string): Promise<void> {
  const problem = await exchange.deps.limits.asked(rule, subject, exchange, exchange.context)
  const rejection = await limitRejection(exchange, problem)
  if (rejection !== undefined) throw new GatewayError(rejection)
}
