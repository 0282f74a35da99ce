// The bounds around the database by themselves: what counts against it, and who waits for how long.
import { describe, expect, it, vi } from 'vitest'
import { type Bounds, createBounds, defaultBounds } from '../../../src/db/bounds.ts'
import { waitWithin } from '../../../src/db/wait-budget.ts'

const settings = { ...defaultBounds, queueMs: 20, queryMs: 40, coldAfterMs: 60_000, failuresToOpen: 3, maxInFlight: 2 }

const answered = (): Promise<string> => Promise.resolve('row')
/** A query that hangs until its wait is over. */
const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))

async function awake(changes: Partial<typeof settings> = {}): Promise<Bounds> {
  const bounds = createBounds({ ...settings, ...changes })
  await bounds.around(answered, null)
  return bounds
}

describe('a wait that its request cuts short', () => {
  it('ends when the budget does, and the next does not begin', async () => {
    const bounds = await awake({ queryMs: 60_000 })
    const budget = { leftMs: 20 }
    await expect(bounds.around(hanging, budget)).rejects.toThrow('database budget-spent')
    expect(budget.leftMs).toBe(0)
    let asked = 0
    const count = (): Promise<void> => Promise.resolve(void (asked += 1))
    await expect(bounds.around(count, budget)).rejects.toThrow('database budget-spent')
    expect(asked).toBe(0)
  })

  it('says nothing of the database, however often', async () => {
    const bounds = await awake({ queryMs: 60_000 })
    for (let round = 0; round < 5; round += 1)
      await expect(bounds.around(hanging, { leftMs: 2 })).rejects.toThrow('database budget-spent')
    expect(bounds.health()).toMatchObject({ state: 'closed', failures: 5 })
    expect(await bounds.around(answered, null)).toBe('row')
  })

  it('is as long in the queue as the request has left, for one that has changed something already', async () => {
    const bounds = await awake({ queryMs: 100, queueMs: 10 })
    const busy = () => [1, 2].map(() => bounds.around(hanging, null).catch(() => null))
    const first = busy()
    await expect(bounds.around(answered, { leftMs: 2000 })).rejects.toThrow('database queue-full')
    await Promise.all(first)
    const second = busy()
    expect(await bounds.around(answered, { leftMs: 2000, hasChanged: true })).toBe('row')
    await Promise.all(second)
  })

  it('is not over before an answer that has come, and waits only for its turn in a busy thread', async () => {
    vi.useFakeTimers()
    const busyFor = async (ms: number): Promise<void> => {
      await vi.advanceTimersByTimeAsync(0)
      vi.setSystemTime(Date.now() + ms)
    }
    try {
      const bounds = await awake({ queryMs: 200 })
      const inQueue = (signal: AbortSignal): Promise<string> =>
        Promise.race([hanging(signal), new Promise<string>((resolve) => setTimeout(() => resolve('row'), 250))])
      const late = bounds.around(inQueue, null)
      await busyFor(400)
      await vi.advanceTimersByTimeAsync(300)
      expect(await late).toBe('row')
      const never = bounds.around(hanging, null)
      const told = never.catch((error: unknown) => error)
      await busyFor(400)
      await vi.advanceTimersByTimeAsync(600)
      expect(String(await told)).toContain('database timeout')
    } finally {
      vi.useRealTimers()
    }
  })

  it('is no wait at all for such a one behind those that have only begun', async () => {
    const bounds = await awake({ queryMs: 100, queueMs: 10, maxInFlight: 5 })
    const busy = [1, 2, 3, 4].map(() => bounds.around(hanging, null).catch(() => null))
    await expect(bounds.around(answered, { leftMs: 2000 })).rejects.toThrow('database queue-full')
    expect(await bounds.around(answered, { leftMs: 5, hasChanged: true })).toBe('row')
    await Promise.all(busy)
  })

  it('is over in the queue too', async () => {
    const bounds = await awake({ queryMs: 1000, queueMs: 60_000 })
    const busy = [bounds.around(hanging, null), bounds.around(hanging, null)].map((wait) => wait.catch(() => null))
    const budget = { leftMs: 20 }
    await expect(bounds.around(answered, budget)).rejects.toThrow(/database (?:queue-full|budget-spent)/)
    expect(budget.leftMs).toBe(0)
    await Promise.all(busy)
  })
})

describe('a wait within its budget', () => {
  it('still has the bound of a query, and counts against the database', async () => {
    const bounds = await awake()
    const budget = { leftMs: 60_000 }
    for (let round = 0; round < 3; round += 1)
      await expect(bounds.around(hanging, budget)).rejects.toThrow('database timeout')
    expect(bounds.health().state).toBe('open')
    expect(budget.leftMs).toBeLessThanOrEqual(60_000 - 3 * 35)
    await expect(bounds.around(answered, budget)).rejects.toThrow('database breaker-open')
  })

  it('for a database that has to start is neither cut short nor counted', async () => {
    const bounds = createBounds(settings)
    const budget = { leftMs: 5 }
    const starting = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('row'), 30))
    expect(await bounds.around(starting, budget)).toBe('row')
    expect(budget.leftMs).toBe(5)
  })
})

describe('waiting for an object', () => {
  const after = (ms: number) => () => new Promise<string>((resolve) => setTimeout(() => resolve('answer'), ms))

  it('is counted, and what is left is told', async () => {
    const budget = { leftMs: 2000 }
    expect(await waitWithin(budget, (leftMs) => Promise.resolve(leftMs))).toBe(2000)
    await waitWithin(budget, after(30))
    expect(budget.leftMs).toBeLessThanOrEqual(1975)
    await expect(waitWithin(budget, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone')
  })
})
