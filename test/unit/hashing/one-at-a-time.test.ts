// The pause between two hashes: for whoever else uses the thread, and for nobody where there is nobody.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { oneAtATime } from '../../../src/hashing/one-at-a-time.ts'
import { beginVisit, endVisit, noteRequest } from '../../../src/hashing/visits.ts'

const anybody = () => 0

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** How long until the next hash may begin. */
async function pauseMs(): Promise<number> {
  const startedAt = Date.now()
  const over = oneAtATime(anybody, () => Promise.resolve()).then(() => Date.now() - startedAt)
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
  const first = oneAtATime(anybody, async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    order.push('first')
  })
  const second = oneAtATime(anybody, () => Promise.resolve(void order.push('second')))
  await vi.advanceTimersByTimeAsync(100)
  await Promise.all([first, second])
  expect(order).toEqual(['first', 'second'])
})

it('lets an answer leave before the next hash holds the thread', async () => {
  vi.useRealTimers()
  // A thread in which no test before has answered requests.
  vi.resetModules()
  const thread = await import('../../../src/hashing/one-at-a-time.ts')
  const order: string[] = []
  const place = (name: string) =>
    thread.oneAtATime(anybody, () => {
      order.push(`${name} hashes`)
      // As a hash does: the timers of those who wait come due meanwhile.
      for (const until = performance.now() + 20; performance.now() < until;);
      setImmediate(() => order.push(`${name} is answered`))
      return Promise.resolve()
    })
  await Promise.all([place('one'), place('two'), place('three')])
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(order).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} hashes`, `${name} is answered`]))
})

/** A place with work for so long, and what it notes of each piece. */
async function keepBusy(name: string, order: string[], { pieces, rank = 0 }: { pieces: number; rank?: number }) {
  for (let piece = 0; piece < pieces; piece += 1)
    await oneAtATime(
      () => rank,
      async () => {
        order.push(name)
        await new Promise((resolve) => setTimeout(resolve, 25))
      },
    )
}

it.each(['that only hashes', 'that is shared'])(
  'gives places their turn one after the other in a thread %s',
  async (thread) => {
    const order: string[] = []
    const busy = keepBusy('busy', order, { pieces: 20 })
    await vi.advanceTimersByTimeAsync(40)
    const others = ['b', 'c'].map((name) => keepBusy(name, order, { pieces: 2 }))
    if (thread === 'that is shared')
      for (let ms = 0; ms < 2000; ms += 100) setTimeout(() => noteRequest(Date.now()), ms)
    await vi.advanceTimersByTimeAsync(2000)
    await Promise.all([busy, ...others])
    expect(order.lastIndexOf('b')).toBeLessThan(9)
    expect(order.lastIndexOf('c')).toBeLessThan(9)
  },
)

it('gives the turn to who goes first, whoever waited longer', async () => {
  const order: string[] = []
  const busy = keepBusy('busy', order, { pieces: 1 })
  const many = Array.from({ length: 5 }, () => keepBusy('stranger', order, { pieces: 1, rank: 2 }))
  // So that it does not happen to look first.
  await vi.advanceTimersByTimeAsync(12)
  const proven = keepBusy('proven', order, { pieces: 1, rank: 0 })
  await vi.advanceTimersByTimeAsync(1000)
  await Promise.all([busy, proven, ...many])
  expect(order.slice(0, 3)).toEqual(['busy', 'proven', 'stranger'])
})
