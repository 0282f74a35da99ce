// An exact sliding window: never more than `limit` in any `windowMs`. Pure.
export interface LimitRule {
  readonly id: string
  readonly limit: number
  readonly windowMs: number
}

export interface Decision {
  readonly isAllowed: boolean
  readonly rule: LimitRule
  readonly remaining: number
  /** Until one more would be allowed; 0 while some are left. */
  readonly retryAfterMs: number
}

export interface WindowState {
  /** When the hits that still count happened, oldest first. */
  readonly hitsAtMs: readonly number[]
}

/** A denied attempt is not recorded: it does not extend the window. */
export function decideWindow(
  state: WindowState,
  rule: LimitRule,
  nowMs: number,
): { state: WindowState; decision: Decision } {
  const live = state.hitsAtMs.filter((at) => at > nowMs - rule.windowMs)
  const oldest = live[0]
  if (live.length >= rule.limit && oldest !== undefined) {
    const retryAfterMs = oldest + rule.windowMs - nowMs
    return { state: { hitsAtMs: live }, decision: { isAllowed: false, rule, remaining: 0, retryAfterMs } }
  }
  const hitsAtMs = [...live, nowMs]
  return {
    state: { hitsAtMs },
    decision: { isAllowed: true, rule, remaining: rule.limit - hitsAtMs.length, retryAfterMs: 0 },
  }
}
