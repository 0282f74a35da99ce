// The talk of an isolate with the counting objects: questions, what is learnt from the answers, and units that are fetched
// or given back behind the requests' backs. An object that did not answer is left alone for a moment.
import { asIsForMs, learn, questionAbout } from './asking.ts'
import type { Verdict } from './decide.ts'
import { abandon, isAsking } from './lease.ts'
import type { AskLimits } from './limiter.ts'
import type { ActiveRule } from './rule-set.ts'
import { type SubjectState, slotOf } from './subject-state.ts'

export interface Background {
  waitUntil(work: Promise<unknown>): void
}

export interface ObjectTalk {
  isSilent(subject: SubjectState, nowMs: number): boolean
  /** One verdict a rule; null when nobody answered. */
  ask(rules: readonly ActiveRule[], subject: SubjectState): Promise<readonly Verdict[] | null>
  /** Failed, the next request that finds no unit asks for itself and sees what is wrong. */
  renew(rule: ActiveRule, subject: SubjectState): Promise<void>
  /** Where units are getting scarce, those an isolate does not need are given back when their time is over. */
  returnInTime(rule: ActiveRule, subject: SubjectState, verdict: Verdict | undefined, background: Background): void
}

export interface ObjectTalkOptions {
  readonly ask: AskLimits
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

export function createObjectTalk({ ask, now, sleep }: ObjectTalkOptions): ObjectTalk {
  const silentUntilMs = new Map<string, number>()

  async function question(
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

  async function renew(rule: ActiveRule, subject: SubjectState): Promise<void> {
    await question([rule], subject, 0).catch(() => undefined)
  }

  return {
    isSilent({ objectName }, nowMs) {
      const untilMs = silentUntilMs.get(objectName)
      return untilMs !== undefined && nowMs < untilMs
    },
    async ask(rules, subject) {
      try {
        return await question(rules, subject, 1)
      } catch {
        silentUntilMs.set(subject.objectName, now() + asIsForMs)
        return null
      }
    },
    renew,
    returnInTime(rule, subject, verdict, background) {
      if (verdict === undefined || verdict.granted === 0 || verdict.remaining * 2 > verdict.limit) return
      const { lease } = slotOf(subject, rule)
      const { holder, untilMs } = lease
      const giveBack = async (): Promise<void> => {
        await sleep(Math.max(0, untilMs - now()))
        if (lease.holder !== holder || lease.untilMs !== untilMs || lease.left === 0 || isAsking(lease, now())) return
        await renew(rule, subject)
      }
      background.waitUntil(giveBack())
    },
  }
}
