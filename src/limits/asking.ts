// What an isolate asks the object about a subject, and what it keeps of the answer.
import { leaseMs } from './counter.ts'
import type { Question, Verdict } from './decide.ts'
import { isAsking, report, settle } from './lease.ts'
import type { ActiveRule, Attempt } from './rule-set.ts'
import { type Slot, isEnforcedAt } from './subject-state.ts'

/** How long a refusal is repeated, or a silent object left alone, before it is asked again. */
export const asIsForMs = leaseMs

/** Neither before nor for longer than it was said, whatever happens to the clock. */
export function isRefusing({ refusedFromMs, refusedUntilMs }: Slot, nowMs: number): boolean {
  return nowMs >= refusedFromMs && nowMs < refusedUntilMs
}

export function matching(rules: readonly ActiveRule[], attempt: Attempt): readonly ActiveRule[] {
  return rules.filter((rule) => rule.isMatch(attempt))
}

export function questionAbout(rule: ActiveRule, slot: Slot, times: 0 | 1, nowMs: number): Question {
  const { lease } = slot
  return {
    rule: rule.counted,
    isEnforced: isEnforcedAt(slot, nowMs),
    units: rule.cost * times,
    // One question of a holder at a time: whoever comes meanwhile asks for itself alone.
    lease: rule.isLeased && !isAsking(lease, nowMs) ? report(lease, rule, nowMs) : null,
  }
}

export function learn(
  slot: Slot,
  question: Question | undefined,
  verdict: Verdict | undefined,
  askedAtMs: number,
): void {
  if (question === undefined || verdict === undefined) throw new Error('a question without a verdict')
  if (question.lease !== null) settle(slot.lease, question.lease.holder, verdict)
  slot.limit = verdict.limit
  if (verdict.isAllowed) {
    slot.refusedUntilMs = 0
    return
  }
  slot.retryAtMs = askedAtMs + verdict.retryAfterMs
  // Where refused attempts count, the object has to hear of each.
  if (question.rule.countsRefused) return
  slot.refusedFromMs = askedAtMs
  slot.refusedUntilMs = askedAtMs + Math.min(verdict.retryAfterMs, asIsForMs)
}
