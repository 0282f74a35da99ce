import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Counter, type CountedRule, emptyCounter } from '../../../src/limits/counter.ts'
import { decideAll } from '../../../src/limits/decide.ts'

const minute = 60_000
const hour = 60 * minute
const rule: CountedRule = {
  id: 'login',
  limit: 5,
  windowMs: minute,
  countsRefused: false,
  hasPenalties: true,
  isLeased: false,
}

function attempts(of: CountedRule = rule) {
  let counter: Counter = emptyCounter
  return (nowMs: number) => {
    const [answer] = decideAll([counter], [{ rule: of, isEnforced: true, units: 1, lease: null }], nowMs)
    if (answer === undefined) throw new Error('no answer')
    counter = answer.counter
    return answer.verdict
  }
}

/** How many of eight attempts at one moment pass. */
function passing(attempt: ReturnType<typeof attempts>, nowMs: number): number {
  return Array.from({ length: 8 }, () => attempt(nowMs)).filter(({ isAllowed }) => isAllowed).length
}

describe('exceeding a limit again and again', () => {
  it('leaves three attempts a window after more than two violations within the hour, and one after more than five', () => {
    const attempt = attempts()
    const passed = [0, 1, 2, 3, 4, 5, 7].map((window) => passing(attempt, window * minute))
    expect(passed).toEqual([5, 5, 5, 3, 3, 3, 1])
  })

  it('closes the door for twice as long each time after that', () => {
    const attempt = attempts()
    let now = 0
    for (let window = 0; window < 6; window += 1) now = window * minute + (passing(attempt, window * minute), 0)
    const waits: number[] = []
    for (let time = 0; time < 4; time += 1) {
      const { retryAfterMs } = attempt(now)
      waits.push(Math.round(retryAfterMs / minute))
      now += retryAfterMs
      passing(attempt, now)
    }
    expect(waits).toEqual([1, 2, 4, 8])
  })

  it('is one violation a window, however many are refused in it', () => {
    const attempt = attempts()
    const verdicts = Array.from({ length: 200 }, () => attempt(0))
    expect(verdicts.filter(({ isNewViolation }) => isNewViolation)).toHaveLength(1)
    expect(passing(attempt, minute)).toBe(5)
  })

  it('is forgiven after an hour without', () => {
    const attempt = attempts()
    for (let window = 0; window < 4; window += 1) passing(attempt, window * minute)
    expect(passing(attempt, 4 * minute)).toBe(3)
    expect(passing(attempt, 4 * minute + hour)).toBe(5)
  })

  it('reaches windows of an hour as well, which are forgiven after twelve of them', () => {
    const attempt = attempts({ ...rule, windowMs: hour })
    const passed = [0, 1, 2, 3, 4, 5, 7].map((window) => passing(attempt, window * hour))
    expect(passed).toEqual([5, 5, 5, 3, 3, 3, 1])
    expect(passing(attempt, 7 * hour + 12 * hour)).toBe(5)
  })

  it('costs nothing under a rule without penalties', () => {
    const attempt = attempts({ ...rule, hasPenalties: false })
    expect(Array.from({ length: 12 }, (_, window) => passing(attempt, window * minute))).toEqual(Array(12).fill(5))
  })

  it('never gives more than the rule, never closes for more than an hour, and always opens when it said', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3 * minute }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 6 }), (steps, limit) => {
        const attempt = attempts({ ...rule, limit })
        const passed: number[] = []
        let now = 0
        for (const step of steps) {
          now += step
          const verdict = attempt(now)
          if (verdict.isAllowed) passed.push(now)
          expect(passed.filter((at) => at > now - minute).length).toBeLessThanOrEqual(limit)
          expect(verdict.limit).toBeLessThanOrEqual(limit)
          expect(verdict.limit).toBeGreaterThanOrEqual(1)
          expect(verdict.retryAfterMs).toBeLessThanOrEqual(hour)
          if (!verdict.isAllowed && step % 7 === 0) {
            now += verdict.retryAfterMs
            expect(attempt(now).isAllowed).toBe(true)
            passed.push(now)
          }
        }
      }),
    )
  })
})
