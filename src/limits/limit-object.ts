// Counts exactly, for every subject of its shard. What must survive is stored with the answer; units given in advance for
// a minute or less live in memory alone.
import { DurableObject } from 'cloudflare:workers'
import { BoundedMap } from '../kit/bounded-map.ts'
import { minuteMs } from '../kit/duration.ts'
import { type Counter, type CountedRule, emptyCounter } from './counter.ts'
import { type Question, type Verdict, countsUntilMs, decideAll } from './decide.ts'
import { KeptStates } from './kept-states.ts'
import type { LimitShard } from './limiter.ts'
import {
  type GuessVerdict,
  type LockState,
  type LockoutPolicy,
  countGuess,
  forgottenAtMs,
  unlocked,
} from './lockout.ts'
import type { LockoutShard } from './lockouts.ts'
import { remembersUntilMs } from './penalty.ts'

const countersKept = 20_000

export class LimitObject extends DurableObject<Env> implements LimitShard, LockoutShard {
  readonly #counters = new BoundedMap<string, Counter>(countersKept)
  readonly #kept: KeptStates

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#kept = new KeptStates(state.storage)
  }

  ask(subject: string, questions: readonly Question[]): Promise<readonly Verdict[]> {
    const now = Date.now()
    const keys = questions.map(({ rule }) => JSON.stringify([rule.id, subject]))
    const before = questions.map(({ rule }, index) => this.#load(keys[index] ?? '', rule))
    const answers = decideAll(before, questions, now)
    for (const [index, { counter, isChanged }] of answers.entries()) {
      const [key, rule] = [keys[index] ?? '', questions[index]?.rule]
      if (rule === undefined || !isChanged) continue
      this.#counters.set(key, counter)
      if (isKept(rule)) this.#kept.set(key, counter, Math.max(countsUntilMs(counter, rule), remembersUntilMs(counter)))
    }
    return Promise.resolve(answers.map(({ verdict }) => verdict))
  }

  guess(account: string, pool: string, policy: LockoutPolicy): Promise<GuessVerdict> {
    const now = Date.now()
    const pools = this.#pools(account)
    const { state, verdict } = countGuess(pools[pool] ?? unlocked, policy, now)
    if (verdict.mayCompare) this.#keepPools(account, { ...pools, [pool]: state }, policy, now)
    return Promise.resolve(verdict)
  }

  forgive(account: string, pool: string | null): Promise<void> {
    const { [pool ?? '']: _, ...others } = this.#pools(account)
    const key = lockKey(account)
    if (pool === null || Object.keys(others).length === 0) this.#kept.delete(key)
    else this.#kept.replace(key, others)
    return Promise.resolve()
  }

  #pools(account: string): Pools {
    return (this.#kept.get(lockKey(account)) as Pools | null) ?? {}
  }

  #keepPools(account: string, pools: Pools, policy: LockoutPolicy, now: number): void {
    const live = Object.entries(pools).filter(([, state]) => forgottenAtMs(state, policy) > now)
    const untilMs = Math.max(...live.map(([, state]) => forgottenAtMs(state, policy)))
    this.#kept.set(lockKey(account), Object.fromEntries(live), untilMs)
  }

  override async alarm(): Promise<void> {
    await this.#kept.sweep(Date.now())
  }

  #load(key: string, rule: CountedRule): Counter {
    const known = this.#counters.get(key)
    if (known !== undefined) return known
    // Validated by having been written here: the shape of what is stored changes with the name of its table.
    return isKept(rule) ? ((this.#kept.get(key) as Counter | null) ?? emptyCounter) : emptyCounter
  }
}

type Pools = Readonly<Record<string, LockState>>

/** No rule has an empty id. */
function lockKey(account: string): string {
  return JSON.stringify(['', account])
}

/**
 * Few attempts are counted one by one, so each that passes can be stored, whatever its window: a restart gives nobody a
 * second set of guesses. Traffic that was given units by the second would write by the second.
 */
function isKept({ isLeased, windowMs }: CountedRule): boolean {
  return !isLeased || windowMs > minuteMs
}
