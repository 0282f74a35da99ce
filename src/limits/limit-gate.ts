// Says in an isolate whether a request passes its limits: by units it was given in advance, or by asking the object.
import { asIsForMs, isRefusing, learn, matching, questionAbout } from './asking.ts'
import type { Verdict } from './decide.ts'
import { abandon, canTake, isAsking, isRenewalDue, take } from './lease.ts'
import type { AskLimits } from './limiter.ts'
import type { Tally } from './tally.ts'
import type { ActiveRule, Attempt } from './rule-set.ts'
import { type Slot, type SubjectState, countLocally, slotOf } from './subject-state.ts'

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

export interface Background {
  waitUntil(work: Promise<unknown>): void
}

export interface LimitGate {
  /** Null: it passes, and was counted under every rule. Waits only where no lease lasts. */
  check(
    rules: readonly ActiveRule[],
    subject: SubjectState,
    attempt: Attempt,
    background: Background,
  ): LimitProblem | null | Promise<LimitProblem | null>
}

export interface LimitGateOptions {
  readonly ask: AskLimits
  readonly tally: Tally
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

export function createLimitGate({ ask, tally, now, sleep }: LimitGateOptions): LimitGate {
  const silentUntilMs = new Map<string, number>()

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
      else if (slot.isEnforced) return refusal(rule, slot, nowMs, false)
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
      tally.count(rule, 'wouldRefuse')
      return
    }
    tally.count(rule, 'allowed')
    take(slot.lease, rule.cost, nowMs)
    if (isRenewalDue(slot.lease, nowMs) && !isSilent(subject, nowMs)) background.waitUntil(renew(rule, subject))
  }

  /** Behind the requests' backs. Failed, the next request that finds no unit asks for itself and sees what is wrong. */
  async function renew(rule: ActiveRule, subject: SubjectState): Promise<void> {
    await askObject([rule], subject, 0).catch(() => undefined)
  }

  async function askAbout(
    rules: readonly ActiveRule[],
    subject: SubjectState,
    background: Background,
  ): Promise<LimitProblem | null> {
    if (isSilent(subject, now())) return withoutObject(rules, subject)
    let verdicts: readonly Verdict[]
    try {
      verdicts = await askObject(rules, subject, 1)
    } catch {
      silentUntilMs.set(subject.objectName, now() + asIsForMs)
      return withoutObject(rules, subject)
    }
    const nowMs = now()
    const refused = rules.filter(
      (rule, index) => verdicts[index]?.isAllowed !== true && slotOf(subject, rule).isEnforced,
    )
    // Meanwhile another request's answer may have brought units that the object counts for this isolate.
    const [only] = rules
    if (refused.length > 0 && rules.length === 1 && only?.isLeased === true) {
      if (canTake(slotOf(subject, only).lease, only.cost, nowMs)) {
        pass(only, subject, nowMs, background)
        return null
      }
    }
    rules.forEach((rule, index) => returnInTime(rule, subject, verdicts[index], background))
    return conclude(rules, subject, verdicts, nowMs)
  }

  async function askObject(
    rules: readonly ActiveRule[],
    subject: SubjectState,
    times: 0 | 1,
  ): Promise<readonly Verdict[]> {
    const askedAtMs = now()
    const questions = rules.map((rule) => questionAbout(rule, slotOf(subject, rule), times, askedAtMs))
    try {
      const verdicts = await ask(subject.objectName, subject.key, questions)
      rules.forEach((rule, index) => learn(slotOf(subject, rule), questions[index], verdicts[index], askedAtMs))
      return verdicts
    } catch (error) {
      for (const [index, rule] of rules.entries()) {
        const { lease } = slotOf(subject, rule)
        if (questions[index]?.lease?.holder === lease.holder) abandon(lease)
      }
      throw error
    }
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
      if (!slot.isEnforced) {
        tally.count(rule, 'wouldRefuse')
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
    const closed = rules.find((rule) => rule.unreachable === 'closed' && slotOf(subject, rule).isEnforced)
    if (closed !== undefined) return { kind: 'unreachable', rule: closed }
    for (const rule of rules) {
      const slot = slotOf(subject, rule)
      tally.count(rule, 'countedLocally')
      const wait = countLocally(slot, rule, nowMs)
      if (wait === 0) tally.count(rule, 'allowed')
      else if (!slot.isEnforced) tally.count(rule, 'wouldRefuse')
      else {
        slot.retryAtMs = nowMs + wait
        return refusal(rule, slot, nowMs, false)
      }
    }
    return null
  }

  /** Where units are getting scarce, those an isolate does not need are given back when their time is over. */
  function returnInTime(
    rule: ActiveRule,
    subject: SubjectState,
    verdict: Verdict | undefined,
    background: Background,
  ): void {
    if (verdict === undefined || verdict.granted === 0 || verdict.remaining * 2 > verdict.limit) return
    const { lease } = slotOf(subject, rule)
    const { holder, untilMs } = lease
    const giveBack = async (): Promise<void> => {
      await sleep(Math.max(0, untilMs - now()))
      if (lease.holder !== holder || lease.untilMs !== untilMs || lease.left === 0 || isAsking(lease, now())) return
      await renew(rule, subject)
    }
    background.waitUntil(giveBack())
  }

  function isSilent({ objectName }: SubjectState, nowMs: number): boolean {
    const untilMs = silentUntilMs.get(objectName)
    return untilMs !== undefined && nowMs < untilMs
  }

  return { check }
}
