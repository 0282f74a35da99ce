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

/** After a fetch that failed. */
const retryEveryMs = 20 * secondMs

/**
 * What an issuer may be asked in any minute by an isolate, discovery included, however the two above fall together. One
 * that has to ask where the keys are has spent two of the three at once: until those are a minute old it asks about one
 * unknown `kid` and not two. Whoever names its `jwksUrl` never waits for that.
 */
const mostRequests = 3
const requestsWithinMs = minuteMs

/** The longest a fetch, discovery included, may take; and with the store asked first no request waits over 5 s. */
export const fetchTimeoutMs = 3500
export const storeTimeoutMs = 1000
export const patienceMs = 4800

/** What an isolate knows of an issuer's keys; times are of the start of a fetch, for what it tells is no newer. */
export interface KeySetTimes {
  readonly fetchedAtMs: number | null
  readonly failedAtMs: number | null
  readonly askedForUnknownAtMs: number | null
  /** The latest requests, each of its own moment; more than may be made in the time are not kept. */
  readonly requestedAtMs: readonly number[]
  /** What a fetch would take now: two while it is not known where the keys are. */
  readonly requestsNeeded: 1 | 2
}

/** `refresh`: use what is there and fetch behind it. `wait`: nothing there may be used. `give-up`: and it is too soon to ask. */
export type KeySetStep = 'use' | 'refresh' | 'wait' | 'give-up'

export function nextStep(times: KeySetTimes, nowMs: number): KeySetStep {
  const age = times.fetchedAtMs === null ? Number.POSITIVE_INFINITY : nowMs - times.fetchedAtMs
  if (age < freshMs) return 'use'
  const mayAsk = mayTry(times, nowMs)
  if (age < maxAgeMs) return mayAsk ? 'refresh' : 'use'
  // Known to be down: nobody waits for a fetch that most likely fails as well.
  if (age < lastGoodMs && isOutage(times)) return mayAsk ? 'refresh' : 'use'
  return mayAsk ? 'wait' : 'give-up'
}

export function mayAskForUnknown(times: KeySetTimes, nowMs: number): boolean {
  const { askedForUnknownAtMs } = times
  const isTime = askedForUnknownAtMs === null || nowMs - askedForUnknownAtMs >= unknownKeyEveryMs
  return isTime && mayTry(times, nowMs)
}

/** @param requestedAtMs those before. */
export function withRequest(requestedAtMs: readonly number[], nowMs: number): readonly number[] {
  return [...requestedAtMs, nowMs].slice(-mostRequests)
}

/**
 * Until when a verdict reached with a set of this age is relied on: never longer than the set may be used, unless its
 * issuer cannot be asked for another.
 */
export function verdictUntilMs(times: KeySetTimes, nowMs: number): number {
  const fetchedAtMs = times.fetchedAtMs ?? 0
  const untilMs = Math.max(fetchedAtMs + freshMs, nowMs + staleVerdictMs)
  return isOutage(times) ? untilMs : Math.min(untilMs, fetchedAtMs + maxAgeMs)
}

function isOutage({ failedAtMs, fetchedAtMs }: KeySetTimes): boolean {
  return failedAtMs !== null && (fetchedAtMs === null || failedAtMs > fetchedAtMs)
}

function mayTry(times: KeySetTimes, nowMs: number): boolean {
  if (isOutage(times) && nowMs - (times.failedAtMs ?? 0) < retryEveryMs) return false
  const lately = times.requestedAtMs.filter((at) => nowMs - at < requestsWithinMs)
  return lately.length + times.requestsNeeded <= mostRequests
}
