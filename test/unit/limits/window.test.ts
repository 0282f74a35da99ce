import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressSubject } from '../../../src/limits/subject.ts'
import { type WindowState, decideWindow } from '../../../src/limits/window.ts'

describe('the sliding window', () => {
  it('never allows more than the limit in any window, and refuses nothing while some are left', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 1000 }), (gaps, limit, windowMs) => {
        const rule = { id: 'r', limit, windowMs }
        let state: WindowState = { hitsAtMs: [] }
        let now = 0
        const allowedAt: number[] = []
        for (const gap of gaps) {
          now += gap
          const before = allowedAt.filter((at) => at > now - windowMs).length
          const next = decideWindow(state, rule, now)
          state = next.state
          expect(next.decision.isAllowed).toBe(before < limit)
          if (next.decision.isAllowed) allowedAt.push(now)
          else expect(next.decision.retryAfterMs).toBe((allowedAt.at(-limit) ?? 0) + windowMs - now)
        }
      }),
    )
  })

  it('one more is allowed exactly when the oldest hit has left the window', () => {
    const rule = { id: 'r', limit: 1, windowMs: 100 }
    const { state } = decideWindow({ hitsAtMs: [] }, rule, 1000)
    expect(decideWindow(state, rule, 1099).decision).toMatchObject({ isAllowed: false, remaining: 0, retryAfterMs: 1 })
    expect(decideWindow(state, rule, 1100).decision).toMatchObject({
      isAllowed: true,
      remaining: 0,
      retryAfterMs: 0,
    })
  })
})

describe('the subject of an address', () => {
  it.each([
    ['203.0.113.7', 'address:203.0.113.7'],
    ['::ffff:203.0.113.7', 'address:203.0.113.7'],
    ['::FFFF:CB00:7107', 'address:203.0.113.7'],
    ['2001:db8:1:2::1', 'address:2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', 'address:2001:db8:1:2::/64'],
  ])('%s is counted as %s', (ip, subject) => {
    expect(addressSubject(ip)).toBe(subject)
  })

  it.each([null, '', 'x', '1.2.3.4, 5.6.7.8', '999.1.1.1', '203.0.113.7:80'])('%j shares one strict bucket', (ip) => {
    expect(addressSubject(ip)).toBe('address:unknown')
  })
})
