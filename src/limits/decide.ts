// Whether an attempt passes all rules of its subject at once, and what is counted then. Pure: load, decide, store.
import {
  type Counter,
  type CountedRule,
  type Holder,
  current,
  isFromFuture,
  leaseMs,
  record,
  spent,
  waitMs,
} from './counter.ts'
import { isNewViolation, limitNow, withViolation } from './penalty.ts'

/** What an isolate says of the units it was given, and what it would like to have. */
export interface LeaseReport {
  readonly holder: string
  /** Milliseconds after the question before, and units used then, in turn. */
  readonly uses: readonly number[]
  /** Units it still has and goes on using. */
  readonly holds: number
  readonly wants: number
  /** Of an attempt: units that are enough for none are not given. */
  readonly cost: number
}

export interface Question {
  readonly rule: CountedRule
  /** A rule that only watches counts like the others and keeps nobody out. */
  readonly isEnforced: boolean
  /** What the attempt costs; 0 only settles a lease. */
  readonly units: number
  readonly lease: LeaseReport | null
}

export interface Verdict {
  readonly isAllowed: boolean
  /** The limit as it stands for this subject. */
  readonly limit: number
  readonly remaining: number
  /** Until the same attempt would pass; 0 when it did. */
  readonly retryAfterMs: number
  /** Units given in advance. */
  readonly granted: number
  /** The attempt is the first of this window that exceeds the limit. */
  readonly isNewViolation: boolean
}

/** What was left before the attempt that it allows: nobody makes one who only reads. */
export function remainingUnasked({ isAllowed, remaining }: Verdict, units: number): number {
  return isAllowed ? remaining + units : remaining
}

export interface Answered {
  readonly counter: Counter
  /** Whether something has to be remembered: a refusal that costs nothing writes nothing. */
  readonly isChanged: boolean
  readonly verdict: Verdict
}

/** At most this part of what is left goes to one isolate in advance: near the limit every attempt is asked about. */
const largestShare = 16
const mostHolders = 256

/** One answer a question, in their order. An attempt that any enforced rule refuses costs nothing under the others. */
export function decideAll(counters: readonly Counter[], questions: readonly Question[], nowMs: number): Answered[] {
  const before = questions.map((question, index) => settled(counters[index], question, nowMs))
  const isRefused = questions.some((question, index) => question.isEnforced && (before[index]?.waitMs ?? 1) > 0)
  return questions.map((question, index) => {
    const one = before[index]
    if (one === undefined) throw new Error('a question without a counter')
    return answer(question, one, { isRefused, nowMs })
  })
}

interface Settled {
  readonly counter: Counter
  /** Already something else than is stored, and not by the passing of time. */
  readonly isChanged: boolean
  readonly limit: number
  readonly units: number
  readonly waitMs: number
}

function settled(stored: Counter | undefined, { rule, units, lease }: Question, nowMs: number): Settled {
  if (stored === undefined) throw new Error('a question without a counter')
  const counter =
    lease === null ? current(stored, rule, nowMs) : withReport(current(stored, rule, nowMs), rule, lease, nowMs)
  const limit = limitNow(counter, rule, nowMs)
  // An attempt that costs more than a penalty leaves at all still passes alone.
  const cost = Math.min(units, limit)
  const isChanged = lease !== null || isFromFuture(stored, rule, nowMs)
  return { counter, isChanged, limit, units: cost, waitMs: cost === 0 ? 0 : waitMs(counter, rule, limit, cost, nowMs) }
}

/** What was used is counted as of its moment at the latest: the question before was answered after it was asked. */
function withReport(counter: Counter, rule: CountedRule, { holder, uses, holds }: LeaseReport, nowMs: number): Counter {
  const known = counter.holders.find(({ id }) => id === holder)
  const others = counter.holders.filter(({ id }) => id !== holder)
  let next: Counter = { ...counter, holders: others }
  for (let index = 0; index < uses.length; index += 2) {
    const atMs = known === undefined ? nowMs : Math.min(nowMs, known.answeredAtMs + (uses[index] ?? 0))
    if (atMs > nowMs - rule.windowMs) next = record(next, rule, atMs, uses[index + 1] ?? 0)
  }
  return holds === 0 ? next : { ...next, holders: [...others, { id: holder, units: holds, answeredAtMs: nowMs }] }
}

function answer(
  { rule, units: asked, lease }: Question,
  { counter: before, isChanged, limit, units, waitMs: wait }: Settled,
  { isRefused, nowMs }: { readonly isRefused: boolean; readonly nowMs: number },
): Answered {
  const isAllowed = wait === 0
  let counter = before
  if ((isAllowed && !isRefused) || (!isAllowed && rule.countsRefused)) {
    if (units > 0) counter = record(counter, rule, nowMs, units)
  }
  const isNew = !isAllowed && asked > 0 && nowMs >= counter.blockedUntilMs && isNewViolation(counter, rule, nowMs)
  if (isNew) counter = withViolation(counter, rule, nowMs)
  const free = Math.max(0, limit - spent(counter))
  const granted = isAllowed && !isRefused && nowMs >= counter.blockedUntilMs ? grant(counter, lease, free) : 0
  if (granted > 0 && lease !== null) counter = withGrant(counter, lease.holder, granted, nowMs)
  const retryAfterMs = isAllowed ? 0 : Math.max(1, wait, counter.blockedUntilMs - nowMs)
  return {
    counter,
    isChanged: isChanged || counter !== before,
    verdict: { isAllowed, limit, remaining: free - granted, retryAfterMs, granted, isNewViolation: isNew },
  }
}

function grant(counter: Counter, lease: LeaseReport | null, free: number): number {
  if (lease === null || counter.holders.length >= mostHolders) return 0
  const units = Math.max(0, Math.min(lease.wants, Math.floor(free / largestShare)))
  return units - (units % lease.cost)
}

function withGrant(counter: Counter, id: string, granted: number, nowMs: number): Counter {
  const had = counter.holders.find((holder) => holder.id === id)?.units ?? 0
  const holder: Holder = { id, units: had + granted, answeredAtMs: nowMs }
  return { ...counter, holders: [...counter.holders.filter((other) => other.id !== id), holder] }
}

/** Until when a counter says anything at all. */
export function countsUntilMs({ hits, holders }: Counter, { windowMs }: CountedRule): number {
  const lastHit = hits.at(-2) ?? 0
  const lastHolder = holders.reduce((latest, { answeredAtMs }) => Math.max(latest, answeredAtMs + leaseMs), 0)
  return Math.max(lastHit, lastHolder) + windowMs
}
