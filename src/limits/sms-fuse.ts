// Whether a text may be sent, which costs money: asked before it is spent, of one object for the whole world, about the
// number, the network, the country and the day at once. What it withholds is told to nobody who asks for a code.
import { enforces } from '../kit/flag.ts'
import type { ConversionPolicy } from './conversion.ts'
import { type Question, type Verdict, remainingUnasked } from './decide.ts'
import type { LimitReading } from './limit-reader.ts'
import { askedInTime } from './limiter.ts'
import type { ActiveRule, RuleSet } from './rule-set.ts'
import type { LimitRuleId } from './rules.ts'
import { limitObjectName, secretSubject, wideNetwork } from './subject.ts'
import type { Tally } from './tally.ts'

export interface SmsQuestion {
  readonly budgets: readonly { readonly subject: string; readonly question: Question }[]
  /** Null while the rule is off. */
  readonly conversion: {
    readonly subject: string
    readonly policy: ConversionPolicy
    readonly isEnforced: boolean
  } | null
}

export interface SmsVerdict {
  readonly budgets: readonly Verdict[]
  readonly conversion: { readonly isAllowed: boolean; readonly isNew: boolean }
}

/** The part of the limit object that the worker calls. */
export interface SmsShard {
  /** Charges every budget, or none. */
  spendSms(asked: SmsQuestion): Promise<SmsVerdict>
  /** The same without spending anything. */
  readSms(asked: SmsQuestion): Promise<SmsVerdict>
  countUsedSms(subject: string, policy: ConversionPolicy): Promise<void>
}

export interface SmsSpending {
  readonly number: string
  readonly country: string
  readonly ip: string | null
  /** Nobody is to get a text: the same work, charged to nobody. */
  readonly isForNobody: boolean
}

export interface Withheld {
  readonly rule: LimitRuleId
  /** Worth telling: the first of its window. */
  readonly isNew: boolean
}

/** How one rule stands to the next text. */
export interface SmsReading {
  readonly rule: ActiveRule
  readonly isAllowed: boolean
  /** In shadow, or before its time, it withholds nothing. */
  readonly isEnforced: boolean
  /** Null for the ratio of codes that are used, of which nothing is spent. */
  readonly reading: LimitReading | null
}

export interface SmsFuse {
  /** Null: send it. Rejects when nobody can count. */
  spend(spending: SmsSpending): Promise<Withheld | null>
  /** For whoever explains; nothing is counted. Without an address its network is left out. Rejects when nobody can tell. */
  read(about: Omit<SmsSpending, 'isForNobody'>): Promise<readonly SmsReading[]>
  /** A code that was sent to this country has come back. */
  countUsed(country: string): Promise<void>
}

export interface SmsFuseOptions {
  readonly rules: RuleSet
  readonly tally: Tally
  readonly shard: (objectName: string) => SmsShard
  readonly shards: number
  readonly secret: Uint8Array
  readonly now: () => number
}

const budgetIds = ['sms-number', 'sms-network', 'sms-country', 'sms-day'] as const

/** Whether the fuse asks for it, in an object and by names of its own. */
export function isOfFuse(id: LimitRuleId): boolean {
  return id === 'sms-conversion' || budgetIds.some((budget) => budget === id)
}

/** More than anybody asks: what is charged to nobody is never refused. */
const noLimit = 1_000_000

export function createSmsFuse({ rules, tally, shard, shards, secret, now }: SmsFuseOptions): SmsFuse {
  const active = budgetIds.map((id) => rules.get(id)).filter((rule) => rule !== null)
  const conversion = rules.get('sms-conversion')
  const object = (): SmsShard => shard(limitObjectName('sms', null, shards))

  function subjectOf({ id }: ActiveRule, { number, country, ip, isForNobody }: SmsSpending): string {
    if (isForNobody) return 'nobody'
    if (id === 'sms-number') return secretSubject('number', secret, number)
    if (id === 'sms-network') return `network:${wideNetwork(ip) ?? 'unknown'}`
    return id === 'sms-day' ? 'everybody' : `country:${country}`
  }

  function isRefusing({ id, state }: ActiveRule, subject: string): boolean {
    return enforces(state, { name: id, subject, nowMs: now() })
  }

  function budget(rule: ActiveRule, spending: SmsSpending): SmsQuestion['budgets'][number] {
    const subject = subjectOf(rule, spending)
    const counted = spending.isForNobody ? { ...rule.counted, limit: noLimit } : rule.counted
    return {
      subject,
      question: { rule: counted, isEnforced: isRefusing(rule, subject), units: rule.cost, lease: null },
    }
  }

  function conversionOf(spending: SmsSpending): SmsQuestion['conversion'] {
    if (conversion === null) return null
    const subject = subjectOf(conversion, spending)
    return {
      subject,
      policy: policyOf(conversion),
      isEnforced: isRefusing(conversion, subject) && !spending.isForNobody,
    }
  }

  function questionOf(budgeted: readonly ActiveRule[], spending: SmsSpending): SmsQuestion {
    return { budgets: budgeted.map((rule) => budget(rule, spending)), conversion: conversionOf(spending) }
  }

  return {
    async spend(spending) {
      const asked = questionOf(active, spending)
      const verdict = await askedInTime(() => object().spendSms(asked))
      return spending.isForNobody ? null : conclude(asked, verdict)
    },
    async read(about) {
      const known = active.filter(({ id }) => id !== 'sms-network' || about.ip !== null)
      const asked = questionOf(known, { ...about, isForNobody: false })
      const found = await askedInTime(() => object().readSms(asked))
      const read = known.flatMap((rule, index) => {
        const verdict = found.budgets[index]
        if (verdict === undefined) return []
        const isEnforced = asked.budgets[index]?.question.isEnforced === true
        const reading = { ...verdict, remaining: remainingUnasked(verdict, rule.cost), isEnforced }
        return [{ rule, isAllowed: verdict.isAllowed, isEnforced, reading }]
      })
      if (conversion === null) return read
      const isEnforced = asked.conversion?.isEnforced === true
      return [...read, { rule: conversion, isAllowed: found.conversion.isAllowed, isEnforced, reading: null }]
    },
    async countUsed(country) {
      if (conversion !== null)
        await askedInTime(() => object().countUsedSms(`country:${country}`, policyOf(conversion)))
    },
  }

  function conclude(asked: SmsQuestion, verdict: SmsVerdict): Withheld | null {
    const judged = active.map((rule, index) => ({
      rule,
      isEnforced: asked.budgets[index]?.question.isEnforced === true,
      isAllowed: verdict.budgets[index]?.isAllowed === true,
      isNew: verdict.budgets[index]?.isNewViolation === true,
    }))
    if (conversion !== null)
      judged.push({ rule: conversion, isEnforced: asked.conversion?.isEnforced === true, ...verdict.conversion })
    const refusing = judged.filter(({ isAllowed, isEnforced }) => !isAllowed && isEnforced)
    for (const { rule, isAllowed, isEnforced, isNew } of judged)
      if (!isAllowed && !isEnforced) tally.wouldRefuse(rule, isNew)
      else if (refusing.length === 0) tally.count(rule, 'allowed')
    const [first] = refusing
    // One text, however many budgets it was too much for: what was saved is counted by it.
    if (first !== undefined) tally.count(first.rule, 'refused')
    return first === undefined ? null : { rule: first.rule.id, isNew: refusing.some(({ isNew }) => isNew) }
  }
}

/** `limit` is how many texts go out before their use is judged. */
function policyOf({ limit, windowMs }: ActiveRule): ConversionPolicy {
  return { windowMs, least: limit }
}
