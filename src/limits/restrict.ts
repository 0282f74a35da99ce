// What a detector that is enforced does to a subject's rule for an hour: fewer attempts a window, or none. Pure.
import { hourMs } from '../kit/duration.ts'
import type { RecommendedAction } from '../threats/network-report.ts'
import type { Counter } from './counter.ts'

export const restrictedMs = hourMs

export function restricted(counter: Counter, action: RecommendedAction, nowMs: number): Counter {
  switch (action) {
    case 'monitor':
      return counter
    case 'rate_limit':
      return { ...counter, restrictedUntilMs: nowMs + restrictedMs }
    case 'block':
      return { ...counter, blockedUntilMs: Math.max(counter.blockedUntilMs, nowMs + restrictedMs) }
  }
}
