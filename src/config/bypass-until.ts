// BYPASS_UNTIL: until when the gateway lets everybody through as nobody. A deadline is part of it, and at most a day ahead, so
// that an emergency cannot be forgotten in this state.
import { dayMs } from '../kit/duration.ts'
import type { ConfigProblem } from './problems.ts'

/** One that has passed is no mistake: that is how it ends. */
export function bypassProblems(untilMs: number | undefined, nowMs: number): readonly ConfigProblem[] {
  if (untilMs === undefined || untilMs - nowMs <= dayMs) return []
  return [
    { field: 'environment: BYPASS_UNTIL', found: 'a time too far ahead', expected: 'a time within the next 24 hours' },
  ]
}
