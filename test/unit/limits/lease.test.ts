import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../../src/limits/decide.ts'
import { canTake, newLease, report, settle, take } from '../../../src/limits/lease.ts'
import { compileRules } from '../../../src/limits/rule-set.ts'

const rule = compileRules({ hasCaptcha: true, basePath: '/auth', apiPaths: [], overrides: {} }).get('everything')
const granted = (units: number): Verdict => ({
  isAllowed: true,
  limit: 1000,
  remaining: 900,
  retryAfterMs: 0,
  granted: units,
  isNewViolation: false,
})

/** Asked for at 10,000 and given ten units. */
function leased() {
  if (rule === null) throw new Error('no such rule')
  const lease = newLease()
  const { holder } = report(lease, rule, 10_000)
  settle(lease, holder, granted(10))
  return { lease, rule, holder }
}

describe('units given in advance', () => {
  it('are good for a second from when they were asked for, and for as many requests as there are', () => {
    const { lease } = leased()
    expect([canTake(lease, 1, 10_999), canTake(lease, 1, 11_000)]).toEqual([true, false])
    for (let count = 0; count < 10; count += 1) take(lease, 1, 10_500)
    expect(canTake(lease, 1, 10_500)).toBe(false)
  })

  it('are not made to last longer by a clock that is set back', () => {
    const { lease, rule: everything, holder } = leased()
    take(lease, 1, 10_800)
    expect(canTake(lease, 1, 10_799)).toBe(false)
    expect(report(lease, everything, 10_700).holder).not.toBe(holder)
  })

  it('are told of by when they were used, at the earliest, and given back once their time is over', () => {
    const { lease, rule: everything, holder } = leased()
    for (const at of [10_000, 10_001, 10_008, 10_900]) take(lease, 1, at)
    expect(report(lease, everything, 11_000)).toMatchObject({ holder, uses: [0, 1, 8, 2, 904, 1], holds: 0 })
  })

  it('that came with an answer to a question given up on are nobody’s', () => {
    const { lease, rule: everything } = leased()
    const { holder } = report(lease, everything, 10_900)
    // Asked again although that question is under way: it died with its request.
    report(lease, everything, 13_000)
    settle(lease, holder, granted(100))
    expect(canTake(lease, 1, 13_000)).toBe(false)
  })
})
