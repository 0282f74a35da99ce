// Counts exactly, for every subject of its shard. What must survive is stored with the answer; units given in advance for
// a minute or less live in memory alone.
import { DurableObject } from 'cloudflare:workers'
import { BoundedMap } from '../kit/bounded-map.ts'
import { dayMs } from '../kit/duration.ts'
import { type Counter, type CountedRule, emptyCounter, withdraw } from './counter.ts'
import { type Question, type Verdict, countsUntilMs, decideAll } from './decide.ts'
import { isWorthKeeping } from './keeping.ts'
import { KeptStates } from './kept-states.ts'
import type { ReadShard } from './limit-reader.ts'
import type { LimitShard } from './limiter.ts'
import {
  type GuessVerdict,
  type LockState,
  type LockoutPolicy,
  countGuess,
  forgottenAtMs,
  unlocked,
  withdrawGuess,
} from './lockout.ts'
import type { LockoutShard } from './lockouts.ts'
import type { SmsQuestion, SmsShard, SmsVerdict } from './sms-fuse.ts'
import {
  type Conversion,
  type ConversionPolicy,
  judgeSending,
  noConversion,
  withSent,
  withTold,
  withUsed,
} from './conversion.ts'
import { remembersUntilMs } from './penalty.ts'
import { restricted } from './restrict.ts'
import { type WatchShard, type WatchedSubject, WatchedSubjects } from './watched-subjects.ts'
import { type Finding, restrictsOf } from '../threats/detectors/detectors.ts'
import type { Sighting } from '../threats/detectors/evidence.ts'
import { type DetectorPolicy, type Suspicion, isRestricting } from '../threats/detectors/watched.ts'

const countersKept = 20_000
const accountsKept = 20_000

export class LimitObject
  extends DurableObject<Env>
  implements LimitShard, ReadShard, LockoutShard, SmsShard, WatchShard
{
  readonly #counters = new BoundedMap<string, Counter>(countersKept)
  readonly #pools = new BoundedMap<string, Pools>(accountsKept)
  readonly #kept: KeptStates
  readonly #watched: WatchedSubjects

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#kept = new KeptStates(state.storage)
    this.#watched = new WatchedSubjects(this.#kept)
  }

  ask(subject: string, questions: readonly Question[]): Promise<readonly Verdict[]> {
    return Promise.resolve(this.#decide(questions, () => subject))
  }

  /** What `ask` would answer. Nothing is counted. */
  read(subject: string, questions: readonly Question[]): Promise<readonly Verdict[]> {
    const counters = questions.map(({ rule }) => this.#load(counterKey(rule, subject)))
    return Promise.resolve(decideAll(counters, questions, Date.now()).map(({ verdict }) => verdict))
  }

  /** The ratio is judged first, and what it withholds is charged to no budget; what a budget refuses counts as unsent. */
  spendSms({ budgets, conversion }: SmsQuestion): Promise<SmsVerdict> {
    const now = Date.now()
    const known = conversion === null ? noConversion : this.#conversionOf(conversion.subject)
    const judged = conversion === null ? sendable : judgeSending(known, conversion.policy, now)
    const isWithheld = !judged.maySend && conversion?.isEnforced === true
    const questions = budgets.map(({ question }) => (isWithheld ? { ...question, units: 0 } : question))
    const verdicts = this.#decide(questions, (index) => budgets[index]?.subject ?? '')
    const isSent =
      !isWithheld && verdicts.every(({ isAllowed }, index) => isAllowed || questions[index]?.isEnforced === false)
    if (isSent && conversion !== null)
      this.#keepConversion(conversion.subject, withSent(known, conversion.policy, now), conversion.policy, now)
    else if (judged.isNew && conversion !== null)
      this.#keepConversion(conversion.subject, withTold(known, now), conversion.policy, now)
    return Promise.resolve({ budgets: verdicts, conversion: { isAllowed: judged.maySend, isNew: judged.isNew } })
  }

  /** What `spendSms` would find, each for itself. Nothing is counted. */
  async readSms({ budgets, conversion }: SmsQuestion): Promise<SmsVerdict> {
    const read = await Promise.all(budgets.map(({ subject, question }) => this.read(subject, [question])))
    const known = conversion === null ? noConversion : this.#conversionOf(conversion.subject)
    const judged = conversion === null ? sendable : judgeSending(known, conversion.policy, Date.now())
    return { budgets: read.flat(), conversion: { isAllowed: judged.maySend, isNew: judged.isNew } }
  }

  countUsedSms(subject: string, policy: ConversionPolicy): Promise<void> {
    const now = Date.now()
    this.#keepConversion(subject, withUsed(this.#conversionOf(subject), policy, now), policy, now)
    return Promise.resolve()
  }

  #conversionOf(subject: string): Conversion {
    return (this.#kept.get(conversionKey(subject)) as Conversion | null) ?? noConversion
  }

  #keepConversion(subject: string, next: Conversion, { windowMs }: ConversionPolicy, now: number): void {
    this.#kept.set(conversionKey(subject), next, now + windowMs)
  }

  #decide(questions: readonly Question[], subjectOf: (index: number) => string): readonly Verdict[] {
    const now = Date.now()
    const keys = questions.map(({ rule }, index) => counterKey(rule, subjectOf(index)))
    const before = keys.map((key) => this.#load(key))
    const answers = decideAll(before, questions, now)
    for (const [index, { counter, isChanged }] of answers.entries()) {
      const [key, question] = [keys[index] ?? '', questions[index]]
      if (question === undefined || !isChanged) continue
      const { rule } = question
      this.#counters.set(key, counter)
      if (isWorthKeeping(counter, question))
        this.#kept.set(key, counter, Math.max(countsUntilMs(counter, rule), remembersUntilMs(counter, rule)))
    }
    return answers.map(({ verdict }) => verdict)
  }

  giveBack(subject: string, rule: CountedRule, units: number): Promise<void> {
    const key = counterKey(rule, subject)
    const counter = withdraw(this.#load(key), units)
    this.#counters.set(key, counter)
    if (this.#kept.get(key) !== null) this.#kept.replace(key, counter)
    return Promise.resolve()
  }

  guess(account: string, pool: string, policy: LockoutPolicy): Promise<GuessVerdict> {
    const now = Date.now()
    const key = lockKey(account)
    const pools = this.#poolsOf(key)
    const { state, verdict } = countGuess(pools[pool] ?? unlocked, policy, now)
    if (verdict.mayCompare) this.#keepPools(key, { ...pools, [pool]: state }, policy, now)
    return Promise.resolve(verdict)
  }

  locks(account: string): Promise<Readonly<Record<string, LockState>>> {
    return Promise.resolve(this.#poolsOf(lockKey(account)))
  }

  withdraw(account: string, pool: string, policy: LockoutPolicy): Promise<void> {
    const key = lockKey(account)
    const pools = this.#poolsOf(key)
    const state = pools[pool]
    if (state !== undefined)
      this.#keepPools(key, { ...pools, [pool]: withdrawGuess(state, policy) }, policy, Date.now())
    return Promise.resolve()
  }

  forgive(account: string, pool: string | null): Promise<boolean> {
    const key = lockKey(account)
    const pools = this.#poolsOf(key)
    const forgiven = pool === null ? Object.values(pools) : [pools[pool] ?? unlocked]
    const wasLocked = forgiven.some(({ lockedUntilMs }) => lockedUntilMs > Date.now())
    const { [pool ?? '']: _, ...others } = pools
    const isEmpty = pool === null || Object.keys(others).length === 0
    if (isEmpty) this.#pools.delete(key)
    else this.#pools.set(key, others)
    // Somebody who signs in at the first try has left nothing to write.
    if (this.#kept.get(key) !== null) {
      if (isEmpty) this.#kept.delete(key)
      else this.#kept.replace(key, others)
    }
    return Promise.resolve(wasLocked)
  }

  sighted(
    subject: WatchedSubject,
    sightings: readonly Sighting[],
    policy: DetectorPolicy,
  ): Promise<readonly Finding[]> {
    const news = this.#watched.see(subject, sightings, policy)
    const { key } = subject
    const nowMs = Date.now()
    for (const finding of news) if (isRestricting(policy, finding, { key, nowMs })) this.#restrict(subject, finding)
    return Promise.resolve(news)
  }

  suspicion(key: string): Promise<Suspicion> {
    return Promise.resolve(this.#watched.suspicion(key))
  }

  /** The rules answer from then on as they answer whoever exceeded them. */
  #restrict({ kind, key: subject }: WatchedSubject, { type, recommendedAction }: Finding): void {
    const now = Date.now()
    for (const rule of restrictsOf(type, kind)) {
      const key = JSON.stringify([rule, subject])
      const counter = restricted(this.#load(key), recommendedAction, now)
      this.#counters.set(key, counter)
      // Which window the site gave the rule is not known here: as long as violations of any are remembered.
      this.#kept.set(key, counter, remembersUntilMs(counter, { windowMs: dayMs }))
    }
  }

  #poolsOf(key: string): Pools {
    return this.#pools.get(key) ?? (this.#kept.get(key) as Pools | null) ?? {}
  }

  /** A first wrong guess is in memory alone: lost by a restart, it is one guess more. */
  #keepPools(key: string, pools: Pools, policy: LockoutPolicy, now: number): void {
    const live = Object.entries(pools).filter(([, state]) => forgottenAtMs(state, policy) > now)
    const kept = Object.fromEntries(live)
    this.#pools.set(key, kept)
    const isSlight = live.every(([, { failures, locks }]) => failures <= 1 && locks === 0)
    if (isSlight && this.#kept.get(key) === null) return
    this.#kept.set(key, kept, Math.max(now, ...live.map(([, state]) => forgottenAtMs(state, policy))))
  }

  override async alarm(): Promise<void> {
    await this.#kept.sweep(Date.now())
  }

  /** Of a rule whose counts are not kept, what a detector did to the subject is. */
  #load(key: string): Counter {
    // Validated by having been written here: the shape of what is stored changes with the name of its table.
    return this.#counters.get(key) ?? (this.#kept.get(key) as Counter | null) ?? emptyCounter
  }
}

function counterKey({ id }: CountedRule, subject: string): string {
  return JSON.stringify([id, subject])
}

type Pools = Readonly<Record<string, LockState>>

const sendable = { maySend: true, isNew: false } as const

function conversionKey(subject: string): string {
  return JSON.stringify(['', 'conversion', subject])
}

/** No rule has an empty id. */
function lockKey(account: string): string {
  return JSON.stringify(['', account])
}
