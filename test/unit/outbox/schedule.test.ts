import { describe, expect, it } from 'vitest'
import { type Tries, afterFault, beginTry, mayTry, pauseMs, sendingMs } from '../../../src/outbox/schedule.ts'
import type { DeliveryOutcome } from '../../../src/providers/delivery-fault.ts'

/** How often a vendor is asked that always ends like this. */
function asked(outcome: DeliveryOutcome | 'died', keepsKeys: boolean): number {
  let tries: Tries = { made: 0, unknown: 0 }
  while (mayTry(tries, keepsKeys)) {
    tries = beginTry(tries)
    if (outcome !== 'died') tries = afterFault(tries, outcome)
  }
  return tries.made
}

describe('a message', () => {
  it.each([
    ['later', true, 3],
    ['later', false, 3],
    ['unknown', true, 3],
    ['unknown', false, 2],
    ['died', true, 3],
    ['died', false, 2],
  ] as const)('whose sending ends %s, with keys kept: %s, is sent %s times at most', (outcome, keepsKeys, times) => {
    expect(asked(outcome, keepsKeys)).toBe(times)
  })

  it('waits longer each time, and never as long as its first code is good for', () => {
    const first = pauseMs({ made: 1, unknown: 0 }, 0.5)
    const second = pauseMs({ made: 2, unknown: 0 }, 0.5)
    expect(second).toBeGreaterThan(first)
    expect(pauseMs({ made: 1, unknown: 0 }, 0)).toBeLessThan(pauseMs({ made: 1, unknown: 0 }, 1))
    expect(3 * sendingMs + 2 * pauseMs({ made: 2, unknown: 0 }, 1)).toBeLessThan(5 * 60_000)
  })
})
