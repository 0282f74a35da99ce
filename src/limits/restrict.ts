// What a detector that is enforced does to a subject's rule: fewer attempts a window, or none for an hour. Pure.
import { hourMs } from '../kit/duration.ts'
import type { RecommendedAction } from '../threats/network-report.ts'
import type { Counter } from './counter.ts'

/** As many violations as leave three attempts a window; see penalty.ts. */
const violations = 3
export const blockMs = hourMs

export function restricted(counter: Counter, action: RecommendedAction, nowMs: number): Counter {
  switch (action) {
    case 'monitor':
      return counter
    case 'rate_limit': {
      const added = Array.from({ length: violations }, () => nowMs)
      return { ...counter, violationsAtMs: [...counter.violationsAtMs, ...added].slice(-violations) }
    }
    case 'block':
      return { ...counter, blockedUntilMs: Math.max(counter.blockedUntilMs, nowMs + blockMs) }
  }
}
