import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../../src/kit/base64url.ts'
import { BoundedMap } from '../../../src/kit/bounded-map.ts'
import { afterWait } from '../../../src/kit/in-time.ts'
import { randomCode, randomToken } from '../../../src/kit/random.ts'

describe('base64url', () => {
  it('gives back what was put in', () => {
    const property = fc.property(fc.uint8Array(), (bytes) => {
      expect([...(fromBase64Url(toBase64Url(bytes)) ?? [])]).toEqual([...bytes])
    })
    fc.assert(property)
  })

  it.each(['AA==', 'A', 'AB+/', 'AA\n', 'AA ', 'AB', 'é'])('%j is no spelling of anything', (text) => {
    expect(fromBase64Url(text)).toBeNull()
  })

  it('reads exactly what is spelled as it would be written', () => {
    const character = fc.constantFrom(...'ABCDQRghwxyz0189-_+/=. \n\u{e9}\u{20ac}')
    const text = fc.array(character, { maxLength: 9 }).map((characters) => characters.join(''))
    const property = fc.property(text, (given) => {
      const bytes = Buffer.from(given, 'base64url')
      const expected = bytes.toString('base64url') === given ? [...bytes] : null
      const read = fromBase64Url(given)
      expect(read === null ? null : [...read]).toEqual(expected)
    })
    fc.assert(property, { numRuns: 5000 })
  })
})

describe('random values', () => {
  it('a token has the bytes asked for and never repeats', () => {
    const tokens = new Set(Array.from({ length: 1000 }, () => randomToken(32)))
    expect(tokens.size).toBe(1000)
    expect([...tokens].every((token) => fromBase64Url(token)?.length === 32)).toBe(true)
  })

  it('a code has its digits, leading zeros too, and every digit occurs everywhere', () => {
    const codes = Array.from({ length: 2000 }, () => randomCode(6))
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true)
    for (let place = 0; place < 6; place += 1) expect(new Set(codes.map((code) => code[place])).size).toBe(10)
  })
})

describe('a bounded map', () => {
  it('never holds more than its capacity and loses the oldest first', () => {
    const map = new BoundedMap<number, string>(3)
    for (const key of [1, 2, 3, 4]) map.set(key, String(key))
    expect(map.size).toBe(3)
    expect([...map.values()]).toEqual(['2', '3', '4'])
  })

  it('setting a key again makes it the newest', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    map.set('c', 4)
    expect(map.get('a')).toBe(3)
    expect(map.get('b')).toBeUndefined()
    map.delete('a')
    expect(map.size).toBe(1)
  })
})

describe('a wait', () => {
  it.each([
    ['on time', 0, 0],
    ['hardly late', 40, 0],
    ['late, as others had their turn first', 60, 100],
    ['as late as those others took', 700, 700],
    ['later than anything takes', 5000, 1000],
  ])('gives what was waited for a turn where it is %s', async (_, lateMs, turnMs) => {
    vi.useFakeTimers()
    try {
      let isOver = false
      afterWait(20, () => (isOver = true))
      vi.setSystemTime(Date.now() + lateMs)
      await vi.advanceTimersByTimeAsync(19)
      expect(isOver).toBe(false)
      await vi.advanceTimersByTimeAsync(turnMs)
      expect(isOver).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect(isOver).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is never shorter than asked for, whatever clock the timers have', async () => {
    vi.useFakeTimers()
    try {
      const startedAt = Date.now()
      let overAt: number | null = null
      afterWait(20, () => (overAt = Date.now()))
      vi.setSystemTime(startedAt - 2)
      await vi.advanceTimersByTimeAsync(21)
      expect(overAt).toBeNull()
      await vi.advanceTimersByTimeAsync(1)
      expect(overAt).toBe(startedAt + 20)
    } finally {
      vi.useRealTimers()
    }
  })
})
