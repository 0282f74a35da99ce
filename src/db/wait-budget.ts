// How long one request may wait for the database in all, however many questions it has.

/** A page that comes later than this is as good as none (its queries are bounded one by one besides). */
export const requestWaitMs = 2000

/**
 * What the answer of an object may cost that asks the database before anything else of a request does. Clearly less
 * than the whole, so that an answer which took longer than that is known to be a cold start.
 */
export const objectWaitMs = 1500

/** Counted down by whoever waits. A cold start of the database has a bound of its own and is not counted. */
export interface WaitBudget {
  leftMs: number
  /** It has changed something: what it does next is the other half of that. */
  hasChanged?: boolean
}

export function spend(budget: WaitBudget, ms: number): void {
  budget.leftMs = Math.max(0, budget.leftMs - ms)
}

/** Waits for an object that asks the database on behalf of a request, and counts the time. It is told what is left. */
export async function waitWithin<Value>(budget: WaitBudget, ask: (leftMs: number) => Promise<Value>): Promise<Value> {
  const startedAtMs = Date.now()
  try {
    return await ask(budget.leftMs)
  } finally {
    const waitedMs = Date.now() - startedAtMs
    if (waitedMs <= requestWaitMs) spend(budget, waitedMs)
  }
}
