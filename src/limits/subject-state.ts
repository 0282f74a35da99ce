// What an isolate remembers of a subject: for each rule its lease, and until when the object has said no.
import { enforcedFromMs } from '../kit/flag.ts'
import { type Counter, current, emptyCounter, record, waitMs } from './counter.ts'
import { type Lease, newLease } from './lease.ts'
import type { ActiveRule } from './rule-set.ts'

export interface SubjectState {
  readonly key: string
  readonly objectName: string
  /** By the index of the rule. */
  readonly slots: (Slot | undefined)[]
}

export interface Slot {
  readonly enforcedFromMs: number
  readonly lease: Lease
  /** The object said no until then; not asked again before, or before a second has gone by. */
  refusedUntilMs: number
  refusedFromMs: number
  retryAtMs: number
  limit: number
  /** Counted here while the object cannot be asked. */
  local: Counter
}

export function newSubject(key: string, objectName: string): SubjectState {
  return { key, objectName, slots: [] }
}

export function slotOf(subject: SubjectState, rule: ActiveRule): Slot {
  return (subject.slots[rule.index] ??= {
    enforcedFromMs: enforcedFromMs(rule.state, rule.id, subject.key),
    lease: newLease(),
    refusedUntilMs: 0,
    refusedFromMs: 0,
    retryAtMs: 0,
    limit: rule.limit,
    local: emptyCounter,
  })
}

export function isEnforcedAt({ enforcedFromMs }: Slot, nowMs: number): boolean {
  return nowMs >= enforcedFromMs
}

/** The same window, for this isolate alone. Says how long to wait; 0 when the attempt passes and was counted. */
export function countLocally(slot: Slot, { counted, cost }: ActiveRule, nowMs: number): number {
  const counter = current(slot.local, counted, nowMs)
  const wait = waitMs(counter, counted, counted.limit, cost, nowMs)
  slot.local = wait === 0 ? record(counter, counted, nowMs, cost) : counter
  return wait
}
