// How old a key set may be, when another one is asked for, and who waits for it. Pure: time is an argument.
import { hourMs, minuteMs, secondMs } from '../kit/duration.ts'

/** Fetched again in the background after this. Half of the greatest age, so that a set is as good as never older than that. */
export const freshMs = 5 * minuteMs

/** A set older than this is used only while the issuer cannot be reached. */
export const maxAgeMs = 10 * minuteMs

/** How long a set survives an issuer that is down. */
export const lastGoodMs = 24 * hourMs

/** What was verified with a set past its best is looked at again after this. */
export const staleVerdictMs = 10 * secondMs

/** An unknown `kid` may be a key published a moment ago, or anybody's invention: one question in this time for all of them. */
const unknownKeyEveryMs = 30 * secondMs

/** After a fetch that failed. With the one above at most three fetches a minute. */
const retryEveryMs = 20 * secondMs

/** The longest a fetch, discovery included, may take; and with the store asked first no request waits over 5 s. */
export const fetchTimeoutMs = 3500
export const storeTimeoutMs = 1000
export const patienceMs = 4800

/** What an isolate knows of an issuer's keys; times are of the start of a fetch, for what it tells is no newer. */
export interface KeySetTimes {
  readonly fetchedAtMs: number | null
  readonly failedAtMs: number | null
  readonly askedForUnknownAtMs: number | null
}

/** `refresh`: use what is there and fetch behind it. `wait`: nothing there may be used. `give-up`: and it is too soon to ask. */
export type KeySetStep = 'use' | 'refresh' | 'wait' | 'give-up'

export function nextStep({ fetchedAtMs, failedAtMs }: KeySetTimes, nowMs: number): KeySetStep {
  const age = fetchedAtMs === null ? Number.POSITIVE_INFINITY : nowMs - fetchedAtMs
  if (age < freshMs) return 'use'
  const isOutage = failedAtMs !== null && (fetchedAtMs === null || failedAtMs > fetchedAtMs)
  const mayAsk = !isOutage || nowMs - failedAtMs >= retryEveryMs
  if (age < maxAgeMs) return mayAsk ? 'refresh' : 'use'
  // Known to be down: nobody waits for a fetch that most likely fails as well.
  if (age < lastGoodMs && isOutage) return mayAsk ? 'refresh' : 'use'
  return mayAsk ? 'wait' : 'give-up'
}

export function mayAskForUnknown(times: KeySetTimes, nowMs: number): boolean {
  const { fetchedAtMs, failedAtMs, askedForUnknownAtMs } = times
  const isOutage = failedAtMs !== null && failedAtMs > (fetchedAtMs ?? Number.NEGATIVE_INFINITY)
  if (isOutage && nowMs - failedAtMs < retryEveryMs) return false
  return askedForUnknownAtMs === null || nowMs - askedForUnknownAtMs >= unknownKeyEveryMs
}

/** Until when a verdict reached with a set of this age is relied on. */
export function verdictUntilMs(fetchedAtMs: number, nowMs: number): number {
  return Math.max(fetchedAtMs + freshMs, nowMs + staleVerdictMs)
}
