// Switches: whom a share is about, and from when.
import { describe, expect, it } from 'vitest'
import { type FlagState, enforces } from '../../../src/kit/flag.ts'

const subjects = Array.from({ length: 10_000 }, (_, index) => `address:203.0.${index >> 8}.${index & 255}`)
const chosen = (state: FlagState, { name = 'login', nowMs = 0 } = {}): Set<string> =>
  new Set(subjects.filter((subject) => enforces(state, { name, subject, nowMs })))

describe('a switch', () => {
  it('is about everybody or nobody, where it is no share', () => {
    expect((['off', 'shadow', 'enforce'] as const).map((state) => chosen(state).size)).toEqual([0, 0, 10_000])
  })

  it('for a share is always about the same subjects, as many as was said, and more of them as it grows', () => {
    const [none, few, more, all] = [0, 10, 50, 100].map((enforcePercent) => chosen({ enforcePercent }))
    if (none === undefined || few === undefined || more === undefined || all === undefined) throw new Error('no share')
    expect([none.size, all.size]).toEqual([0, 10_000])
    expect(few.size).toBeGreaterThan(800)
    expect(few.size).toBeLessThan(1200)
    expect([...few].every((subject) => more.has(subject))).toBe(true)
  })

  it('is about others for each name', () => {
    const [one, other] = [chosen({ enforcePercent: 50 }), chosen({ enforcePercent: 50 }, { name: 'api' })]
    expect([...one].filter((subject) => other.has(subject)).length).toBeLessThan(3500)
  })

  it('watches until it begins, and from that very moment enforces', () => {
    const state = { enforcePercent: 50, since: 1000 }
    expect(chosen(state, { nowMs: 999 }).size).toBe(0)
    expect(chosen(state, { nowMs: 1000 })).toEqual(chosen({ enforcePercent: 50 }))
  })
})
