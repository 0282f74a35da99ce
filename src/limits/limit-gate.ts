// Says in an isolate whether a request passes its limits: by units it was given in advance, or by asking the object.
import { isRefusing, matching } from './asking.ts'
import type { Verdict } from './decide.ts'
import { canTake, isRenewalDue, take } from './lease.ts'
import { type Background, type ObjectTalkOptions, createObjectTalk } from './object-talk.ts'
import type { Tally } from './tally.ts'
import type { ActiveRule, Attempt } from './rule-set.ts'
import { type Slot, type SubjectState, countLocally, isEnforcedAt, slotOf } from './subject-state.ts'

export interface Refusal {
  readonly kind: 'refused'
  readonly rule: ActiveRule
  /** The limit as it stands for this subject, which a penalty may have lowered. */
  readonly limit: number
  readonly retryAfterMs: number
  /** The first of this window: worth telling. */
  readonly isNewViolation: boolean
}

/** `unreachable`: the counter of a rule that lets nobody in uncounted cannot be asked. */
export type LimitProblem = Refusal | { readonly kind: 'unreachable'; readonly rule: ActiveRule }

export interface LimitGate {
  /** Null: it passes, and was counted under every rule. Waits only where no lease lasts. */
  check(
    rules: readonly ActiveRule[],
    subject: SubjectState,
    attempt: Attempt,
    background: Background,
  ): LimitProblem | null | Promise<LimitProblem | null>
}

export interface LimitGateOptions extends ObjectTalkOptions {
  readonly tally: Tally
}

export function createLimitGate({ ask, tally, now, sleep }: LimitGateOptions): LimitGate {
  const talk = createObjectTalk({ ask, now, sleep })

  function check(
    rules: readonly ActiveRule[],
    subject: SubjectState,
    attempt: Attempt,
    background: Background,
  ): LimitProblem | null | Promise<LimitProblem | null> {
    const nowMs = now()
    let mustAsk = false
    for (const rule of rules) {
      if (!rule.isMatch(attempt)) continue
      const slot = slotOf(subject, rule)
      if (rule.isLeased && canTake(slot.lease, rule.cost, nowMs)) continue
      if (!isRefusing(slot, nowMs)) mustAsk = true
      else if (isEnforcedAt(slot, nowMs)) return refusal(rule, slot, nowMs, false)
    }
    if (mustAsk) return askAbout(matching(rules, attempt), subject, background)
    for (const rule of rules) {
      if (rule.isMatch(attempt)) pass(rule, subject, nowMs, background)
    }
    return null
  }

  /** What may not take a unit only watches, and would have refused. */
  function pass(rule: ActiveRule, subject: SubjectState, nowMs: number, background: Background): void {
    const slot = slotOf(subject, rule)
    if (!rule.isLeased || !canTake(slot.lease, rule.cost, nowMs)) {
      tally.wouldRefuse(rule, false)
      return
    }
    tally.count(rule, 'allowed')
    take(slot.lease, rule.cost, nowMs)
    if (isRenewalDue(slot.lease, nowMs) && !talk.isSilent(subject, nowMs))
      background.waitUntil(talk.renew(rule, subject))
  }

  async function askAbout(
    rules: readonly ActiveRule[],
    subject: SubjectState,
    background: Background,
  ): Promise<LimitProblem | null> {
    const verdicts = talk.isSilent(subject, now()) ? null : await talk.ask(rules, subject)
    if (verdicts === null) return withoutObject(rules, subject)
    const nowMs = now()
    const refused = rules.filter(
      (rule, index) => verdicts[index]?.isAllowed !== true && isEnforcedAt(slotOf(subject, rule), nowMs),
    )
    // Meanwhile another request's answer may have brought units that the object counts for this isolate.
    const [only] = rules
    if (refused.length > 0 && rules.length === 1 && only?.isLeased === true) {
      if (canTake(slotOf(subject, only).lease, only.cost, nowMs)) {
        pass(only, subject, nowMs, background)
        return null
      }
    }
    rules.forEach((rule, index) => talk.returnInTime(rule, subject, verdicts[index], background))
    return conclude(rules, subject, verdicts, nowMs)
  }

  function conclude(
    rules: readonly ActiveRule[],
    subject: SubjectState,
    verdicts: readonly Verdict[],
    nowMs: number,
  ): LimitProblem | null {
    let worst: Refusal | null = null
    for (const [index, rule] of rules.entries()) {
      const slot = slotOf(subject, rule)
      if (verdicts[index]?.isAllowed === true) continue
      if (!isEnforcedAt(slot, nowMs)) {
        tally.wouldRefuse(rule, verdicts[index]?.isNewViolation === true)
        continue
      }
      const found = refusal(rule, slot, nowMs, verdicts[index]?.isNewViolation === true)
      if (worst === null || found.retryAfterMs > worst.retryAfterMs) worst = found
    }
    if (worst !== null) return worst
    for (const [index, rule] of rules.entries()) if (verdicts[index]?.isAllowed === true) tally.count(rule, 'allowed')
    return null
  }

  /** Refused and counted. */
  function refusal(rule: ActiveRule, slot: Slot, nowMs: number, isNewViolation: boolean): Refusal {
    tally.count(rule, 'refused')
    return {
      kind: 'refused',
      rule,
      limit: slot.limit,
      retryAfterMs: Math.max(1, slot.retryAtMs - nowMs),
      isNewViolation,
    }
  }

  function withoutObject(rules: readonly ActiveRule[], subject: SubjectState): LimitProblem | null {
    const nowMs = now()
    const closed = rules.find((rule) => rule.unreachable === 'closed' && isEnforcedAt(slotOf(subject, rule), nowMs))
    if (closed !== undefined) return { kind: 'unreachable', rule: closed }
    for (const rule of rules) {
      const slot = slotOf(subject, rule)
      tally.count(rule, 'countedLocally')
      const wait = countLocally(slot, rule, nowMs)
      if (wait === 0) tally.count(rule, 'allowed')
      else if (!isEnforcedAt(slot, nowMs)) tally.wouldRefuse(rule, false)
      else {
        slot.retryAtMs = nowMs + wait
        return refusal(rule, slot, nowMs, false)
      }
    }
    return null
  }

  return { check }
}
