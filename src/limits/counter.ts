// What one rule has counted of one subject, as an exact sliding window: never more than the limit in any window. Pure.
import { slotMs } from './slots.ts'

/** A rule as far as counting goes. */
export interface CountedRule {
  readonly id: string
  readonly limit: number
  readonly windowMs: number
  /** A refused attempt counts too, so that whoever goes on trying stays out. */
  readonly countsRefused: boolean
  /** Repeated offences lower the limit; see penalty.ts. */
  readonly hasPenalties: boolean
  /** Isolates may be given units in advance; see lease.ts. */
  readonly isLeased: boolean
}

/** Units an isolate was given in advance. Until it says what became of them they count, as of the last moment they may be used. */
export interface Holder {
  readonly id: string
  readonly units: number
  readonly answeredAtMs: number
}

export interface Counter {
  /** Moment and units in turn, oldest first. */
  readonly hits: readonly number[]
  readonly holders: readonly Holder[]
  /** When the limit was exceeded, at most once a window; oldest first. */
  readonly violationsAtMs: readonly number[]
  /** Nothing passes until then. */
  readonly blockedUntilMs: number
  /** Fewer pass until then: a detector found something. */
  readonly restrictedUntilMs?: number
}

export const emptyCounter: Counter = { hits: [], holders: [], violationsAtMs: [], blockedUntilMs: 0 }

/** How long units given in advance may be used. */
export const leaseMs = 1000

/**
 * What still counts. What happened cannot be later than now: a clock that was set back must neither forget a hit nor
 * keep it for as long as it was set back.
 */
export function current(counter: Counter, rule: CountedRule, nowMs: number): Counter {
  const from = nowMs - rule.windowMs
  const { hits, holders } = counter
  return {
    ...counter,
    hits: hitsFrom(isFromFuture(counter, rule, nowMs) ? notLater(hits, nowMs) : hits, from),
    holders: holders
      .map((holder) => (holder.answeredAtMs > nowMs ? { ...holder, answeredAtMs: nowMs } : holder))
      .filter((holder) => holder.units > 0 && holder.answeredAtMs + leaseMs > from),
  }
}

/** A slot's end may lie ahead; anything later was counted by another clock. */
export function isFromFuture({ hits }: Counter, rule: CountedRule, nowMs: number): boolean {
  return (hits.at(-2) ?? 0) > nowMs + slotMs(rule)
}

function hitsFrom(hits: readonly number[], fromMs: number): readonly number[] {
  let index = 0
  while (index < hits.length && (hits[index] ?? 0) <= fromMs) index += 2
  return index === 0 ? hits : hits.slice(index)
}

function notLater(hits: readonly number[], nowMs: number): readonly number[] {
  return hits.map((value, index) => (index % 2 === 0 ? Math.min(value, nowMs) : value))
}

export function spent({ hits, holders }: Counter): number {
  let units = 0
  for (let index = 1; index < hits.length; index += 2) units += hits[index] ?? 0
  for (const holder of holders) units += holder.units
  return units
}

/** Counts units as of a moment, or of the end of its slot. Beyond the limit the oldest tell nothing more and are dropped. */
export function record(counter: Counter, rule: CountedRule, atMs: number, units: number): Counter {
  const slot = slotMs(rule)
  const stampMs = Math.ceil(atMs / slot) * slot
  const hits = [...counter.hits]
  let at = hits.length
  while (at > 0 && (hits[at - 2] ?? 0) > stampMs) at -= 2
  if (at > 0 && hits[at - 2] === stampMs) hits[at - 1] = (hits[at - 1] ?? 0) + units
  else hits.splice(at, 0, stampMs, units)
  let excess = spent({ ...counter, hits, holders: [] }) - rule.limit
  while (excess > 0) {
    const oldest = hits[1] ?? 0
    if (oldest > excess) hits[1] = oldest - excess
    else hits.splice(0, 2)
    excess -= oldest
  }
  return { ...counter, hits }
}

/** Takes the newest units away again: its own was counted then, to within the time an attempt takes to turn out. */
export function withdraw(counter: Counter, units: number): Counter {
  const hits = [...counter.hits]
  let left = units
  while (left > 0 && hits.length > 0) {
    const newest = hits.at(-1) ?? 0
    if (newest > left) hits[hits.length - 1] = newest - left
    else hits.splice(-2)
    left -= newest
  }
  return { ...counter, hits }
}

/** How long until `units` more fit below `limit`; 0 when they do now. */
export function waitMs(counter: Counter, rule: CountedRule, limit: number, units: number, nowMs: number): number {
  const blockedMs = Math.max(0, counter.blockedUntilMs - nowMs)
  let excess = spent(counter) + units - limit
  if (excess <= 0) return blockedMs
  const leaving = stamps(counter)
  for (const [atMs, leavingUnits] of leaving) {
    excess -= leavingUnits
    if (excess <= 0) return Math.max(blockedMs, atMs + rule.windowMs - nowMs)
  }
  return Math.max(blockedMs, rule.windowMs)
}

function stamps({ hits, holders }: Counter): readonly (readonly [atMs: number, units: number])[] {
  const all = holders.map(({ answeredAtMs, units }): [number, number] => [answeredAtMs + leaseMs, units])
  for (let index = 0; index < hits.length; index += 2) all.push([hits[index] ?? 0, hits[index + 1] ?? 0])
  return all.toSorted(([a], [b]) => a - b)
}
