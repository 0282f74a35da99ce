// When an account takes no more guesses, and for how long. Pure: time is an argument.

export interface LockoutPolicy {
  /** Guesses that may be wrong before the account is locked. */
  readonly failures: number
  readonly firstMs: number
  /** Doubled with each lock, up to this. */
  readonly longestMs: number
  /** Unlocked and without a further guess for so long, everything starts anew. */
  readonly forgivenAfterMs: number
}

export interface LockState {
  readonly failures: number
  /** How often it was locked since it was last forgiven. */
  readonly locks: number
  readonly lockedUntilMs: number
  readonly lastGuessAtMs: number
}

export interface GuessVerdict {
  readonly mayCompare: boolean
  /** Counted with this one. */
  readonly failures: number
  readonly lockedUntilMs: number
  /** Whether it is this guess, if wrong, that locked the account. */
  readonly isNewLock: boolean
}

export const unlocked: LockState = { failures: 0, locks: 0, lockedUntilMs: 0, lastGuessAtMs: 0 }

/**
 * Counts a guess before it is compared: of any number of simultaneous guesses no more are compared than may be wrong. A
 * right one takes all of it back. While locked nothing is compared and nothing is counted.
 */
export function countGuess(
  state: LockState,
  policy: LockoutPolicy,
  nowMs: number,
): { readonly state: LockState; readonly verdict: GuessVerdict } {
  const known = nowMs >= forgottenAtMs(state, policy) ? unlocked : state
  if (nowMs < known.lockedUntilMs) {
    const { failures, lockedUntilMs } = known
    return { state: known, verdict: { mayCompare: false, failures, lockedUntilMs, isNewLock: false } }
  }
  // After a lock the count begins anew; how often it came to that is what makes the next one longer.
  const failures = (known.lockedUntilMs > 0 && known.failures >= policy.failures ? 0 : known.failures) + 1
  const isNewLock = failures >= policy.failures
  const lockedUntilMs = isNewLock ? nowMs + lockMs(known.locks, policy) : 0
  const next = { failures, locks: known.locks + (isNewLock ? 1 : 0), lockedUntilMs, lastGuessAtMs: nowMs }
  return { state: next, verdict: { mayCompare: true, failures, lockedUntilMs, isNewLock } }
}

/** A guess that could not be compared after all was none: an outage must not lock anybody out. */
export function withdrawGuess(state: LockState, { failures: most }: LockoutPolicy): LockState {
  if (state.failures === 0) return state
  const failures = state.failures - 1
  const isLocked = state.lockedUntilMs > 0 && state.failures >= most
  return isLocked ? { ...state, failures, locks: state.locks - 1, lockedUntilMs: 0 } : { ...state, failures }
}

export function lockMs(locksBefore: number, { firstMs, longestMs }: LockoutPolicy): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(locksBefore, 30))
}

/** From when on the state says nothing any more. Counted from the end of a lock, or the longest would be forgiven by ending. */
export function forgottenAtMs({ lastGuessAtMs, lockedUntilMs }: LockState, { forgivenAfterMs }: LockoutPolicy): number {
  return Math.max(lastGuessAtMs, lockedUntilMs) + forgivenAfterMs
}
