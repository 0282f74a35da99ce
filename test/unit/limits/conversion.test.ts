import { describe, expect, it } from 'vitest'
import {
  type Conversion,
  judgeSending,
  noConversion,
  withSent,
  withTold,
  withUsed,
} from '../../../src/limits/conversion.ts'

const policy = { windowMs: 3_600_000, least: 20 }
const minute = 60_000
const t0 = 1_790_000_000_000

/** Tries to send that often, `everyMs` apart; of what goes out, the part that is used is, half a minute later. */
function run(times: number, { everyMs, used }: { everyMs: number; used: number }) {
  let state: Conversion = noConversion
  let sent = 0
  const uses: number[] = []
  for (let attempt = 0; attempt < times; attempt += 1) {
    const now = t0 + attempt * everyMs
    while ((uses[0] ?? Infinity) <= now) state = withUsed(state, policy, uses.shift() ?? now)
    if (!judgeSending(state, policy, now).maySend) continue
    state = withSent(state, policy, now)
    sent += 1
    if (Math.floor(sent * used) > Math.floor((sent - 1) * used)) uses.push(now + 30_000)
  }
  return { state, sent }
}

describe('the use of codes in a country', () => {
  it('withholds what nobody types in, but for a few that would show if it changed', () => {
    // A thousand within ten seconds; a thousand within an hour.
    expect(run(1000, { everyMs: 10, used: 0 }).sent).toBe(20)
    expect(run(1000, { everyMs: 3600, used: 0 }).sent).toBeLessThanOrEqual(20 + 3600 / 30)
  })

  it('withholds nothing where people sign in, also when one in two never types it', () => {
    expect(run(1000, { everyMs: 5000, used: 0.75 }).sent).toBe(1000)
    expect(run(1000, { everyMs: 5000, used: 0.5 }).sent).toBe(1000)
  })

  it('gets over a burst of people within half a minute or so', () => {
    const burst = run(60, { everyMs: 500, used: 0.8 })
    expect(burst.sent).toBe(20)
    let { state } = burst
    const now = t0 + minute
    for (let used = 0; used < 16; used += 1) state = withUsed(state, policy, now)
    expect(judgeSending(state, policy, now).maySend).toBe(true)
  })

  it('forgets after its window, and is not led astray by a clock that was set back', () => {
    const { state } = run(1000, { everyMs: 10, used: 0 })
    expect(judgeSending(state, policy, t0 + 15_000).maySend).toBe(false)
    expect(judgeSending(state, policy, t0 + 3_700_000).maySend).toBe(true)
    expect(judgeSending(state, policy, t0 - 86_400_000).maySend).toBe(true)
  })

  it('is told of once a window', () => {
    const { state } = run(1000, { everyMs: 10, used: 0 })
    const now = t0 + 15_000
    expect(judgeSending(state, policy, now)).toEqual({ maySend: false, isNew: true })
    expect(judgeSending(withTold(state, now), policy, now + 1000)).toEqual({ maySend: false, isNew: false })
  })
})
