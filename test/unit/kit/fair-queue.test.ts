import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairQueue } from '../../../src/kit/fair-queue.ts'

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

  it('loses no item without saying so, never holds more than it may, and lets one of each owner wait', () => {
    fc.assert(
      fc.property(owners, fc.integer({ min: 4, max: 12 }), (asked, capacity) => {
        const queue = new FairQueue<number>(capacity)
        const turnedAway: number[] = []
        for (const [item, owner] of asked.entries()) {
          const gone = queue.add(owner, item)
          if (gone !== null) turnedAway.push(gone)
          expect(queue.size).toBeLessThanOrEqual(capacity)
        }
        const served: number[] = []
        for (let item = queue.take(); item !== undefined; item = queue.take()) served.push(item)
        expect([...served, ...turnedAway].toSorted((a, b) => a - b)).toEqual(asked.map((_, item) => item))
        expect(new Set(served.map((item) => asked[item]))).toEqual(new Set(asked))
      }),
    )
  })
})
