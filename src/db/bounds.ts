// Keeps a sick database from taking the gateway with it: a bound on queries in flight, a bound on each wait, a bound on
// all waits of a request, a breaker.
import { DatabaseUnavailable, type DatabaseHealth } from './database.ts'
import { afterWait } from '../kit/in-time.ts'
import { type WaitBudget, spend } from './wait-budget.ts'

export interface BoundsSettings {
  readonly maxInFlight: number
  readonly queueMs: number
  readonly queryMs: number
  /** For the first query after a rest: a serverless database may have to start. */
  readonly coldQueryMs: number
  readonly coldAfterMs: number
  readonly failuresToOpen: number
  readonly openMs: number
}

export const defaultBounds: BoundsSettings = {
  maxInFlight: 20,
  queueMs: 500,
  queryMs: 1000,
  coldQueryMs: 3000,
  coldAfterMs: 240_000,
  failuresToOpen: 5,
  openMs: 5000,
}

const queuePollMs = 5

/** Retries add at most a fifth to the load; some are saved up for a short fault after a good time, few after a long one. */
const retryShare = 0.2
const savedRetries = 10
const firstRetries = 2

/** `run` gets a signal that ends the wait. Throws DatabaseUnavailable; anything else `run` throws counts as unreachable. */
export interface Bounds {
  around<Value>(run: (signal: AbortSignal) => Promise<Value>, budget: WaitBudget | null): Promise<Value>
  /** Whether one more try is within the budget of retries; takes it out of there. */
  takeRetry(): boolean
  health(): DatabaseHealth
}

/** Of the queries in flight, those that only a request may use which has changed something. */
const halfDoneShare = 0.2

export function createBounds(settings: BoundsSettings): Bounds {
  const keptFree = Math.floor(settings.maxInFlight * halfDoneShare)
  // A slot is held until a time, not until a release: a request that the platform kills in the middle gives nothing back.
  const slots = new Map<symbol, number>()
  let consecutiveFailures = 0
  let openUntil = 0
  let lastSuccessAt = 0
  let queries = 0
  let failures = 0
  let totalMs = 0
  let retries = firstRetries

  function inFlight(now: number): number {
    for (const [slot, until] of slots) if (until <= now) slots.delete(slot)
    return slots.size
  }

  // Waits by asking again instead of by a promise that another request resolves, which Workers do not allow.
  // Who has spent a link or a challenge already would lose it by being turned away: some slots are for them alone, and
  // their patience is the request's own.
  async function takeSlot(leftMs: number, budget: WaitBudget | null): Promise<symbol> {
    const isHalfDone = budget?.hasChanged === true
    const giveUpAt = Date.now() + (isHalfDone ? leftMs : Math.min(settings.queueMs, leftMs))
    const open = isHalfDone ? settings.maxInFlight : settings.maxInFlight - keptFree
    while (inFlight(Date.now()) >= open) {
      if (Date.now() >= giveUpAt) throw new DatabaseUnavailable('queue-full')
      await new Promise((resolve) => setTimeout(resolve, queuePollMs * (1 + Math.random())))
    }
    const slot = Symbol('slot')
    slots.set(slot, Date.now() + settings.coldQueryMs + queuePollMs)
    return slot
  }

  function passBreaker(): void {
    if (consecutiveFailures < settings.failuresToOpen) return
    if (Date.now() < openUntil) throw new DatabaseUnavailable('breaker-open')
    // One probe each time: a probe that the platform kills must not keep the breaker open for good.
    openUntil = Date.now() + settings.openMs
  }

  /** `cut` is a wait that ended before the query's own bound: it says nothing of the database. */
  function settle(outcome: 'good' | 'bad' | 'cut', startedAt: number): void {
    queries += 1
    retries = Math.min(savedRetries, retries + retryShare)
    totalMs += Date.now() - startedAt
    if (outcome === 'good') {
      consecutiveFailures = 0
      lastSuccessAt = Date.now()
      return
    }
    failures += 1
    if (outcome === 'cut') return
    consecutiveFailures += 1
    if (consecutiveFailures >= settings.failuresToOpen) openUntil = Date.now() + settings.openMs
  }

  async function around<Value>(
    run: (signal: AbortSignal) => Promise<Value>,
    budget: WaitBudget | null,
  ): Promise<Value> {
    const askedAt = Date.now()
    const isCold = consecutiveFailures === 0 && askedAt - lastSuccessAt > settings.coldAfterMs
    const leftMs = budget === null || isCold ? Number.POSITIVE_INFINITY : budget.leftMs
    if (leftMs <= 0) throw new DatabaseUnavailable('budget-spent')
    passBreaker()
    try {
      const slot = await takeSlot(leftMs, budget)
      try {
        const boundMs = isCold ? settings.coldQueryMs : settings.queryMs
        return await runOnce(run, boundMs, leftMs - (Date.now() - askedAt))
      } finally {
        slots.delete(slot)
      }
    } finally {
      if (budget !== null && !isCold) spend(budget, Date.now() - askedAt)
    }
  }

  async function runOnce<Value>(
    run: (signal: AbortSignal) => Promise<Value>,
    boundMs: number,
    leftMs: number,
  ): Promise<Value> {
    const startedAt = Date.now()
    const abort = new AbortController()
    const done = afterWait(Math.min(boundMs, leftMs), () => abort.abort())
    try {
      const value = await run(abort.signal)
      settle('good', startedAt)
      return value
    } catch (cause) {
      const isCut = abort.signal.aborted && leftMs < boundMs
      settle(isCut ? 'cut' : 'bad', startedAt)
      if (abort.signal.aborted) throw new DatabaseUnavailable(isCut ? 'budget-spent' : 'timeout')
      throw cause instanceof DatabaseUnavailable ? cause : new DatabaseUnavailable('unreachable')
    } finally {
      done()
    }
  }

  function takeRetry(): boolean {
    if (retries < 1) return false
    retries -= 1
    return true
  }

  function health(): DatabaseHealth {
    const isOpen = consecutiveFailures >= settings.failuresToOpen
    const state = isOpen ? (Date.now() < openUntil ? 'open' : 'half-open') : 'closed'
    return { state, inFlight: inFlight(Date.now()), queries, failures, totalMs }
  }

  return { around, takeRetry, health }
}
