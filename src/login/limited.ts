// Counts an attempt, by the caller's network or by the account, before anything costly or telling happens.
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource } from '../exchange.ts'
import { accountSubject, addressSubject } from '../limits/subject.ts'
import type { LimitRule } from '../limits/window.ts'
import { secondMs } from '../kit/duration.ts'

/** Throws 429 with the standard headers (draft-ietf-httpapi-ratelimit-headers) when there were too many. */
export function limited(exchange: Exchange, rule: LimitRule): Promise<void> {
  return limitedSubject(exchange, addressSubject(exchange.client.ip), rule)
}

/** The same for one account: somebody who comes from many networks is still somebody. */
export function limitedAccount(exchange: Exchange, userId: string, rule: LimitRule): Promise<void> {
  return limitedSubject(exchange, accountSubject(userId), rule)
}

async function limitedSubject(exchange: Exchange, subject: string, rule: LimitRule): Promise<void> {
  const { deps } = exchange
  const decision = await deps.limiter.hit(subject, rule)
  if (decision.isAllowed) return
  await deps.audit.record('login.limited', auditSource(exchange), { reason: rule.id })
  const retryAfterS = Math.max(1, Math.ceil(decision.retryAfterMs / secondMs))
  throw new GatewayError({
    code: 'too_many_attempts',
    reason: rule.id,
    retryAfterS,
    headers: {
      'ratelimit-policy': `"${rule.id}";q=${rule.limit};w=${rule.windowMs / secondMs}`,
      ratelimit: `"${rule.id}";r=${decision.remaining};t=${retryAfterS}`,
    },
  })
}
