// What a request that exceeds a limit is told, whichever stage or login method found it; the first of a window is put on record.
import { askCaptcha } from './captcha-proof.ts'
import type { Rejection } from './errors.ts'
import { type Exchange, auditSource, principalOf, reject } from './exchange.ts'
import { secondMs } from './kit/duration.ts'
import type { LimitProblem } from './limits/limit-gate.ts'

export function limitRejection(
  exchange: Exchange,
  problem: LimitProblem | null,
): Rejection | undefined | Promise<Rejection | undefined> {
  if (problem === null) return undefined
  const { rule } = problem
  if (problem.kind === 'unreachable')
    return { ...reject('unavailable', `limit ${rule.id} cannot be counted`), retryAfterS: 5 }
  const retryAfterS = Math.ceil(problem.retryAfterMs / secondMs)
  const rejection = {
    ...reject(rule.event === 'login.limited' ? 'too_many_attempts' : 'too_many_requests', rule.id),
    retryAfterS,
    // draft-ietf-httpapi-ratelimit-headers
    headers: {
      'ratelimit-policy': `"${rule.id}";q=${problem.limit};w=${Math.ceil(rule.windowMs / secondMs)}`,
      ratelimit: `"${rule.id}";r=0;t=${retryAfterS}`,
    },
  }
  if (rule.response === 'captcha') return orCaptcha(exchange, problem, rejection)
  return problem.isNewViolation ? recorded(exchange, problem, rejection) : rejection
}

async function orCaptcha(
  exchange: Exchange,
  problem: LimitProblem & { kind: 'refused' },
  rejection: Rejection,
): Promise<Rejection | undefined> {
  const asked = await askCaptcha(exchange, rejection)
  return asked !== undefined && problem.isNewViolation ? recorded(exchange, problem, asked) : asked
}

async function recorded(
  exchange: Exchange,
  problem: LimitProblem & { kind: 'refused' },
  rejection: Rejection,
): Promise<Rejection> {
  const principal = principalOf(exchange)
  const facts = {
    reason: problem.rule.id,
    details: { limit: problem.limit, retry_after_s: rejection.retryAfterS ?? 0 },
    ...(principal === null ? {} : { userId: principal.userId, sessionId: principal.sessionId }),
  }
  await exchange.deps.audit.record(problem.rule.event, auditSource(exchange), facts)
  return rejection
}
