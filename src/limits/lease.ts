// What an isolate holds of one rule for one subject: units it was given in advance, and what it has to say of them. The
// object counts all of them until it hears otherwise, so whatever is lost on the way is lost to the subject and to nobody else.
import { leaseMs } from './counter.ts'
import type { LeaseReport, Verdict } from './decide.ts'
import type { ActiveRule } from './rule-set.ts'

export interface Lease {
  /** Under which name the object knows it; a new one after a question whose answer never came. */
  holder: string
  left: number
  untilMs: number
  /** When the last question was asked. What is used afterwards is told as so long after it. */
  askedAtMs: number
  /** A question is under way; it may die with its request, so it ends by time too. */
  isAsking: boolean
  /** Milliseconds after the question, and units, in turn; not yet told. */
  uses: number[]
  used: number
  lastUseMs: number
}

/** Early enough for the answer to be there before the lease ends. */
const renewAfterMs = 900
const askedForMs = 2000
/** Uses are told to this precision, as of its end. */
const precisionMs = 8

export function newLease(): Lease {
  return {
    holder: crypto.randomUUID(),
    left: 0,
    untilMs: 0,
    askedAtMs: 0,
    isAsking: false,
    uses: [],
    used: 0,
    lastUseMs: 0,
  }
}

/** A clock that was set back would make the lease longer than was agreed. */
export function canTake(lease: Lease, units: number, nowMs: number): boolean {
  return lease.left >= units && nowMs < lease.untilMs && nowMs >= lease.lastUseMs
}

export function take(lease: Lease, units: number, nowMs: number): void {
  const { uses } = lease
  const afterMs = Math.ceil((nowMs - lease.askedAtMs) / precisionMs) * precisionMs
  lease.left -= units
  lease.used += units
  lease.lastUseMs = nowMs
  const last = uses.length - 2
  if (last >= 0 && uses[last] === afterMs) uses[last + 1] = (uses[last + 1] ?? 0) + units
  else uses.push(afterMs, units)
}

export function isRenewalDue(lease: Lease, nowMs: number): boolean {
  if (isAsking(lease, nowMs)) return false
  return nowMs - lease.askedAtMs >= renewAfterMs || lease.left * 4 < lease.used
}

export function isAsking(lease: Lease, nowMs: number): boolean {
  return lease.isAsking && nowMs - lease.askedAtMs < askedForMs && nowMs >= lease.askedAtMs
}

/** The question to the object: what was used since the last one, what is kept, and as much more as the last second asks for. */
export function report(lease: Lease, { counted: rule, cost }: ActiveRule, nowMs: number): LeaseReport {
  if (lease.isAsking || nowMs < lease.lastUseMs) abandon(lease)
  const sinceMs = nowMs - lease.askedAtMs
  const fair = Math.ceil((rule.limit * leaseMs) / rule.windowMs)
  const pace = (lease.used * leaseMs) / Math.max(1, sinceMs)
  // Run out early, the pace is not known but for being higher.
  const isRunOut = lease.used > 0 && sinceMs < renewAfterMs
  const target = Math.max(fair, isRunOut ? lease.used * 2 : Math.ceil(pace * 1.25))
  const isUsable = nowMs < lease.untilMs
  lease.left = isUsable && lease.left >= cost ? Math.min(lease.left, target) : 0
  // As old as that, all of them have left the window.
  const uses = sinceMs < rule.windowMs + leaseMs ? lease.uses : []
  lease.uses = []
  lease.used = 0
  lease.askedAtMs = nowMs
  lease.isAsking = true
  return { holder: lease.holder, uses, holds: lease.left, wants: target - lease.left, cost }
}

/** The object counted from when it was asked, which was no earlier than here. */
export function settle(lease: Lease, holder: string, { granted }: Verdict): void {
  if (lease.holder !== holder) return
  lease.isAsking = false
  lease.left += granted
  lease.untilMs = lease.askedAtMs + leaseMs
}

/** Nobody knows what became of the question: what is held under this name is given up. */
export function abandon(lease: Lease): void {
  Object.assign(lease, newLease())
}
