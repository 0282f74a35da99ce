import { describe, expect, it } from 'vitest'
import { createSparing } from '../../../src/kit/sparing.ts'

const start = 1_800_000_000_000

describe('what is told sparingly', () => {
  it('is told once in a while of each key, with how many were passed over', () => {
    const told = createSparing({ everyMs: 10_000, mostAMinute: 100 })
    expect([told('a', start), told('a', start), told('a', start + 9999)]).toEqual([0, null, null])
    expect([told('b', start + 9999), told('b', start + 9999)]).toEqual([2, null])
    expect([told('a', start + 10_000), told('a', start + 10_001)]).toEqual([1, null])
  })

  it('is told a few times a minute at most, however many keys there are', () => {
    const told = createSparing({ everyMs: 1000, mostAMinute: 3 })
    const all = Array.from({ length: 5000 }, (_, at) => told(String(at), start + at))
    expect(all.filter((one) => one !== null)).toEqual([0, 0, 0])
    expect([told('next', start + 59_999), told('next', start + 60_000)]).toEqual([null, 4998])
  })
})
