// What of a counter has to survive a restart of its object. Pure.
import { minuteMs } from '../kit/duration.ts'
import { type Counter, spent } from './counter.ts'
import type { Question } from './decide.ts'

/**
 * Windows over a minute survive exactly. Of shorter ones the first attempt is in memory alone, as most clients make no
 * second one: a restart gives whoever does at most that one again. Traffic that is given units by the second would write
 * by the second, so of its short windows nothing is kept.
 */
export function isWorthKeeping(counter: Counter, { rule, units }: Question): boolean {
  if (rule.windowMs > minuteMs) return true
  return !rule.isLeased && spent(counter) > units
}
