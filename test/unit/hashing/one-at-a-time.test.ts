// The pause between two hashes: for whoever else uses the thread, and for nobody where there is nobody.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { oneAtATime } from '../../../src/hashing/one-at-a-time.ts'
import { beginVisit, endVisit, noteRequest } from '../../../src/hashing/visits.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** How long until the next hash may begin. */
async function pauseMs(): Promise<number> {
  const startedAt = Date.now()
  const over = oneAtATime(() => Promise.resolve()).then(() => Date.now() - startedAt)
  await vi.advanceTimersByTimeAsync(200)
  return over
}

it('is none in a thread that only hashes', async () => {
  expect(await pauseMs()).toBeLessThan(2)
})

it('lets whatever came in go first where requests are answered too, until there are none any more', async () => {
  noteRequest(Date.now())
  expect(await pauseMs()).toBeGreaterThanOrEqual(2)
  await vi.advanceTimersByTimeAsync(1000)
  expect(await pauseMs()).toBeLessThan(2)
})

it('lasts while somebody is under way to the site, and not for long', async () => {
  noteRequest(Date.now())
  const visit = beginVisit(Date.now())
  setTimeout(() => endVisit(visit), 10)
  const pause = await pauseMs()
  expect(pause).toBeGreaterThanOrEqual(10)
  expect(pause).toBeLessThan(20)
  beginVisit(Date.now())
  const longest = await pauseMs()
  expect(longest).toBeGreaterThanOrEqual(20)
  expect(longest).toBeLessThan(30)
})

it('keeps a second one waiting', async () => {
  const order: string[] = []
  const first = oneAtATime(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    order.push('first')
  })
  const second = oneAtATime(() => Promise.resolve(void order.push('second')))
  await vi.advanceTimersByTimeAsync(100)
  await Promise.all([first, second])
  expect(order).toEqual(['first', 'second'])
})
