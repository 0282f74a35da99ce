import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Counter, type CountedRule, emptyCounter, leaseMs } from '../../../src/limits/counter.ts'
import { type LeaseReport, type Question, type Verdict, decideAll } from '../../../src/limits/decide.ts'

const plain: CountedRule = {
  id: 'r',
  limit: 5,
  windowMs: 60_000,
  countsRefused: false,
  hasPenalties: false,
  isLeased: false,
}

function about(rule: CountedRule, more: Partial<Question> = {}): Question {
  return { rule, isEnforced: true, units: 1, lease: null, ...more }
}

/** Counters of one subject, and a way to ask about them. */
function subject(rules: number) {
  let counters: readonly Counter[] = Array.from({ length: rules }, () => emptyCounter)
  return (nowMs: number, ...questions: readonly Question[]): readonly Verdict[] => {
    const answers = decideAll(counters, questions, nowMs)
    counters = answers.map(({ counter }) => counter)
    return answers.map(({ verdict }) => verdict)
  }
}

describe('the sliding window', () => {
  it('never allows more than the limit in any window, refuses nothing while there is room, and says exactly how long', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 200,
    })
    fc.assert(
      fc.property(steps, fc.integer({ min: 3, max: 9 }), fc.integer({ min: 1, max: 1000 }), (gaps, limit, windowMs) => {
        const rule = { ...plain, limit, windowMs }
        const ask = subject(1)
        const passed: { at: number; units: number }[] = []
        const spentAt = (nowMs: number): number =>
          passed.filter(({ at }) => at > nowMs - windowMs).reduce((sum, { units }) => sum + units, 0)
        let now = 0
        for (const [gap, units] of gaps) {
          now += gap
          const hasRoom = spentAt(now) + units <= limit
          const [verdict] = ask(now, about(rule, { units }))
          expect(verdict?.isAllowed).toBe(hasRoom)
          if (hasRoom) passed.push({ at: now, units })
          const waitMs = verdict?.retryAfterMs ?? 0
          expect(spentAt(now + waitMs) + (hasRoom ? 0 : units)).toBeLessThanOrEqual(limit)
          if (!hasRoom) expect(spentAt(now + waitMs - 1) + units).toBeGreaterThan(limit)
        }
      }),
    )
  })

  it('opens exactly when the oldest hit has left it', () => {
    const ask = subject(1)
    const rule = { ...plain, limit: 1, windowMs: 100 }
    ask(1000, about(rule))
    expect(ask(1099, about(rule))[0]).toMatchObject({ isAllowed: false, remaining: 0, retryAfterMs: 1 })
    expect(ask(1100, about(rule))[0]).toMatchObject({ isAllowed: true, remaining: 0 })
  })

  it('is not made longer by refused attempts, unless its rule says so', () => {
    for (const countsRefused of [false, true]) {
      const ask = subject(1)
      const rule = { ...plain, limit: 2, windowMs: 100, countsRefused }
      for (const at of [0, 1, 50, 60, 99]) ask(at, about(rule))
      expect([countsRefused, ask(101, about(rule))[0]?.isAllowed]).toEqual([countsRefused, !countsRefused])
      expect(ask(201, about(rule))[0]?.isAllowed).toBe(true)
    }
  })

  it('of many units is counted in slots that let nobody in early and hold nobody for more than a thousandth longer', () => {
    const rule = { ...plain, limit: 5000, windowMs: 60_000 }
    const ask = subject(1)
    for (let hit = 0; hit < 5000; hit += 1) expect(ask(1000 + hit, about(rule))[0]?.isAllowed).toBe(true)
    const waitMs = ask(6000, about(rule))[0]?.retryAfterMs ?? 0
    expect(6000 + waitMs).toBeGreaterThanOrEqual(1000 + 60_000)
    expect(6000 + waitMs).toBeLessThanOrEqual(1000 + 60_000 + 60)
  })

  it('forgets nothing when the clock is set back, and holds nobody for as long as it was', () => {
    const ask = subject(1)
    const rule = { ...plain, limit: 1, windowMs: 1000 }
    ask(3_600_000, about(rule))
    expect(ask(500, about(rule))[0]).toMatchObject({ isAllowed: false, retryAfterMs: 1000 })
    expect(ask(1499, about(rule))[0]?.isAllowed).toBe(false)
    expect(ask(1500, about(rule))[0]?.isAllowed).toBe(true)
  })
})

describe('several rules of one subject', () => {
  it('pass together or not at all, and one that only watches decides for itself', () => {
    const ask = subject(3)
    const [tight, wide, watched] = [
      { ...plain, limit: 2 },
      { ...plain, limit: 4 },
      { ...plain, limit: 3 },
    ]
    const attempt = (): readonly Verdict[] => ask(0, about(tight), about(wide), about(watched, { isEnforced: false }))
    for (let round = 0; round < 5; round += 1) attempt()
    expect(attempt().map(({ isAllowed, remaining }) => [isAllowed, remaining])).toEqual([
      [false, 0],
      [true, 2],
      [true, 1],
    ])
  })
})

describe('units given in advance', () => {
  const rule = { ...plain, limit: 160, isLeased: true }
  const lease = (more: Partial<LeaseReport> = {}): LeaseReport => ({
    holder: 'a',
    uses: [],
    holds: 0,
    wants: 10,
    cost: 1,
    ...more,
  })

  it('are a small part of what is left, count as if they were used, and come back when they were not', () => {
    const ask = subject(1)
    expect(ask(0, about(rule, { lease: lease() }))[0]).toMatchObject({ granted: 9, remaining: 150 })
    expect(ask(1, about(rule, { lease: lease({ holder: 'b', wants: 0 }) }))[0]?.remaining).toBe(149)
    const [verdict] = ask(900, about(rule, { units: 0, lease: lease({ uses: [8, 4], wants: 0 }) }))
    expect(verdict).toMatchObject({ granted: 0, remaining: 160 - 2 - 4 })
  })

  it('nobody reports on count until a window after they could last be used', () => {
    const ask = subject(1)
    ask(0, about(rule, { units: 0, lease: lease() }))
    expect(ask(rule.windowMs + leaseMs - 1, about(rule))[0]?.remaining).toBe(160 - 10 - 1)
    expect(ask(rule.windowMs + leaseMs, about(rule))[0]?.remaining).toBe(160 - 2)
  })

  it('leave the window a window after each was used', () => {
    const ask = subject(1)
    ask(0, about(rule, { units: 0, lease: lease() }))
    ask(900, about(rule, { units: 0, lease: lease({ uses: [96, 3, 504, 2], wants: 0 }) }))
    expect(ask(60_095, about(rule, { units: 0 }))[0]?.remaining).toBe(155)
    expect(ask(60_096, about(rule, { units: 0 }))[0]?.remaining).toBe(158)
    expect(ask(60_504, about(rule, { units: 0 }))[0]?.remaining).toBe(160)
  })

  it('are not given where an enforced rule beside theirs refuses', () => {
    const ask = subject(2)
    const [verdict] = ask(0, about(rule, { lease: lease() }), about({ ...plain, limit: 1 }, { units: 1 }))
    expect(verdict?.granted).toBe(9)
    expect(ask(1, about(rule, { lease: lease() }), about({ ...plain, limit: 1 }))[0]?.granted).toBe(0)
  })
})
