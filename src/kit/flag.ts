// One way to switch anything that decides: a rule, a lock, a way to sign in, a detector. Pure.
import { hashOf } from './hash.ts'

/** `shadow` decides and counts and keeps nobody out; a share enforces for that part of the subjects and watches the rest. */
export type FlagState = 'off' | 'shadow' | 'enforce' | FlagShare

export interface FlagShare {
  readonly enforcePercent: number
  /** Milliseconds since the epoch, until which all of them are watched; undefined: since ever. */
  readonly since?: number | undefined
}

/** The same subjects always, so that nobody's limits come and go; others for each name, so that nobody has all of them. */
export function enforcedFromMs(state: FlagState, name: string, subject: string): number {
  if (typeof state !== 'object') return state === 'enforce' ? -Infinity : Infinity
  const { enforcePercent, since = -Infinity } = state
  return hashOf(`${name} ${subject}`) % 100 < enforcePercent ? since : Infinity
}

export interface FlagUse {
  readonly name: string
  readonly subject: string
  readonly nowMs: number
}

export function enforces(state: FlagState, { name, subject, nowMs }: FlagUse): boolean {
  return nowMs >= enforcedFromMs(state, name, subject)
}
