import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairQueue } from '../../../src/kit/fair-queue.ts'

const ranksAsked = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 7 })
const owners = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 })

describe('a fair queue', () => {
  it('serves owners in turn, each in the order of its items', () => {
    const queue = new FairQueue<string>(10)
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) expect(queue.add(item.charAt(0), item)).toBe(null)
    const served = Array.from({ length: 7 }, () => queue.take())
    expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined])
  })

  it('makes room at the cost of the longest line', () => {
    const queue = new FairQueue<string>(3)
    for (const item of ['a1', 'a2', 'a3']) queue.add('a', item)
    expect(queue.add('a', 'a4')).toBe('a4')
    expect(queue.add('b', 'b1')).toBe('a3')
    expect(queue.add('b', 'b2')).toBe('b2')
    expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['a1', 'b1', 'a2', undefined])
  })

  it('serves a lower rank before any of a higher one, and never makes room at its cost', () => {
    const queue = new FairQueue<string>(3)
    expect(queue.nextRank).toBe(Number.POSITIVE_INFINITY)
    for (const item of ['a1', 'b1', 'b2']) queue.add(item.charAt(0), item, 2)
    expect(queue.nextRank).toBe(2)
    expect(queue.add('c', 'c1', 1)).toBe('b2')
    expect(queue.add('c', 'c2', 0)).toBe('a1')
    expect(queue.add('c', 'c3', 0)).toBe('b1')
    expect(queue.add('d', 'd1', 2)).toBe('d1')
    expect(queue.add('d', 'd2', 1)).toBe('d2')
    expect(queue.nextRank).toBe(0)
    expect([queue.take(), queue.take(), queue.nextRank, queue.take(), queue.take()]).toEqual([
      'c2',
      'c3',
      1,
      'c1',
      undefined,
    ])
  })

  it('loses no item without saying so, never holds more than it may, and lets one of each owner wait', () => {
    fc.assert(
      fc.property(owners, ranksAsked, fc.integer({ min: 4, max: 12 }), (asked, ranks, capacity) => {
        const queue = new FairQueue<number>(capacity)
        const turnedAway: number[] = []
        const rankOf = (item: number) => ranks[item % ranks.length] ?? 0
        for (const [item, owner] of asked.entries()) {
          const gone = queue.add(owner, item, rankOf(item))
          if (gone !== null) turnedAway.push(gone)
          expect(queue.size).toBeLessThanOrEqual(capacity)
        }
        const served: number[] = []
        for (let item = queue.take(); item !== undefined; item = queue.take()) served.push(item)
        expect([...served, ...turnedAway].toSorted((a, b) => a - b)).toEqual(asked.map((_, item) => item))
        const servedRanks = served.map(rankOf)
        expect(servedRanks).toEqual(servedRanks.toSorted((a, b) => a - b))
        const lowest = Math.min(...asked.map((_, item) => rankOf(item)))
        const ownersOf = (items: readonly number[]) => new Set(items.map((item) => asked[item]))
        const inLowest = asked.map((_, item) => item).filter((item) => rankOf(item) === lowest)
        expect(ownersOf(served.filter((item) => rankOf(item) === lowest))).toEqual(ownersOf(inLowest))
      }),
    )
  })
})
