// What exceeding a limit again and again costs. Pure: time is an argument.
import { dayMs, hourMs } from '../kit/duration.ts'
import type { Counter, CountedRule } from './counter.ts'

const longestBlockMs = hourMs

/** An hour holds no second violation of a window that is as long: those are remembered for some windows more. */
function forgivenAfterMs(windowMs: number): number {
  return Math.min(dayMs, Math.max(hourMs, 12 * windowMs))
}

/** More than so many violations that are not forgiven yet leave so many attempts a window. Strictest first. */
const ladder = [
  { moreThan: 5, limit: 1 },
  { moreThan: 2, limit: 3 },
] as const

/** What a detector leaves of a limit. The smallest ones have little to take from. */
function restricted(limit: number): number {
  return limit <= 3 ? 1 : Math.max(3, Math.floor(limit / 10))
}

/** Several people behind one address each try once more when refused: that is one violation, however many they are. */
export function isNewViolation({ violationsAtMs }: Counter, { windowMs }: CountedRule, nowMs: number): boolean {
  const last = violationsAtMs.at(-1)
  return last === undefined || nowMs - last >= windowMs
}

export function limitNow(counter: Counter, rule: CountedRule, nowMs: number): number {
  const limit = nowMs < (counter.restrictedUntilMs ?? 0) ? restricted(rule.limit) : rule.limit
  if (!rule.hasPenalties) return limit
  const count = recent(counter, rule, nowMs).length
  const step = ladder.find(({ moreThan }) => count > moreThan)
  return step === undefined ? limit : Math.min(limit, step.limit)
}

/** Beyond the last step each further violation closes the door, twice as long each time. */
export function withViolation(counter: Counter, rule: CountedRule, nowMs: number): Counter {
  const violationsAtMs = [...recent(counter, rule, nowMs), nowMs]
  const beyond = violationsAtMs.length - ladder[0].moreThan
  if (!rule.hasPenalties || beyond <= 0) return { ...counter, violationsAtMs }
  const blockMs = Math.min(longestBlockMs, rule.windowMs * 2 ** (beyond - 1))
  return { ...counter, violationsAtMs, blockedUntilMs: Math.max(counter.blockedUntilMs, nowMs + blockMs) }
}

/** Until when the counter says something, hits aside. */
export function remembersUntilMs(
  { violationsAtMs, blockedUntilMs, restrictedUntilMs = 0 }: Counter,
  { windowMs }: Pick<CountedRule, 'windowMs'>,
): number {
  return Math.max(blockedUntilMs, restrictedUntilMs, (violationsAtMs.at(-1) ?? 0) + forgivenAfterMs(windowMs))
}

function recent({ violationsAtMs }: Counter, { windowMs }: CountedRule, nowMs: number): readonly number[] {
  return violationsAtMs.filter((at) => at <= nowMs && at > nowMs - forgivenAfterMs(windowMs))
}
