import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LockState, type LockoutPolicy, countGuess, unlocked, withdrawGuess } from '../../../src/limits/lockout.ts'

const minute = 60_000
const hour = 60 * minute
const policy: LockoutPolicy = {
  failures: 5,
  firstMs: 15 * minute,
  longestMs: 24 * hour,
  forgivenAfterMs: 24 * hour,
}

function guesses() {
  let state: LockState = unlocked
  return (nowMs: number) => {
    const counted = countGuess(state, policy, nowMs)
    state = counted.state
    return counted.verdict
  }
}

/** Guesses five times and says for how long that locked. */
function lock(guess: ReturnType<typeof guesses>, nowMs: number): number {
  const verdicts = Array.from({ length: 5 }, () => guess(nowMs))
  expect(verdicts.map(({ mayCompare }) => mayCompare)).toEqual([true, true, true, true, true])
  return (verdicts.at(-1)?.lockedUntilMs ?? 0) - nowMs
}

describe('wrong guesses at one account', () => {
  it('lock it with the fifth for a quarter of an hour, then for twice as long each time, and for a day at most', () => {
    const guess = guesses()
    let now = 0
    const locked: number[] = []
    for (let time = 0; time < 9; time += 1) {
      const ms = lock(guess, now)
      locked.push(ms / minute)
      expect(guess(now + ms - 1)).toMatchObject({ mayCompare: false, isNewLock: false, lockedUntilMs: now + ms })
      now += ms
    }
    expect(locked).toEqual([15, 30, 60, 120, 240, 480, 960, 1440, 1440])
  })

  it('are forgotten a day after the last, or after the lock they brought', () => {
    const guess = guesses()
    for (let count = 0; count < 4; count += 1) guess(0)
    expect(guess(24 * hour)).toMatchObject({ failures: 1, isNewLock: false })
    const again = guesses()
    lock(again, 0)
    expect(lock(again, 24 * hour)).toBe(30 * minute)
    expect(lock(again, 48.5 * hour)).toBe(15 * minute)
  })

  it('are not counted while it is locked: nobody keeps an account locked by going on', () => {
    const guess = guesses()
    lock(guess, 0)
    for (let at = 0; at < 15 * minute; at += 1000) expect(guess(at).mayCompare).toBe(false)
    expect(guess(15 * minute)).toMatchObject({ mayCompare: true, failures: 1 })
  })

  it('whenever they come, no more than five are compared between two locks, and no lock is shorter than the first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 * hour }), { maxLength: 300 }), (gaps) => {
        const guess = guesses()
        let [now, compared, lockedUntil] = [0, 0, 0]
        for (const gap of gaps) {
          now += gap
          const verdict = guess(now)
          expect(verdict.mayCompare).toBe(now >= lockedUntil)
          if (!verdict.mayCompare) continue
          compared += 1
          expect(compared).toBeLessThanOrEqual(5)
          if (!verdict.isNewLock) continue
          expect(verdict.lockedUntilMs - now).toBeGreaterThanOrEqual(policy.firstMs)
          expect(verdict.lockedUntilMs - now).toBeLessThanOrEqual(policy.longestMs)
          compared = 0
          lockedUntil = verdict.lockedUntilMs
        }
      }),
    )
  })

  it('that could not be compared are taken back, with the lock they brought', () => {
    let state: LockState = unlocked
    const guess = (): void => {
      state = countGuess(state, policy, 1000).state
    }
    for (let count = 0; count < 5; count += 1) guess()
    state = withdrawGuess(state, policy)
    expect(state).toMatchObject({ failures: 4, locks: 0, lockedUntilMs: 0 })
    guess()
    expect(state).toMatchObject({ failures: 5, locks: 1, lockedUntilMs: 1000 + policy.firstMs })
    for (let count = 0; count < 9; count += 1) state = withdrawGuess(state, policy)
    expect(state).toMatchObject({ failures: 0, locks: 0, lockedUntilMs: 0 })
  })
})
