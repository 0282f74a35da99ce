// What the numbers of a session mean. Pure: time is an argument.
import type { StoredSession } from '../db/queries/sessions.ts'
import { dayMs, hourMs, minuteMs, secondMs } from '../kit/duration.ts'

export interface SessionPolicy {
  readonly absoluteMs: number
  readonly rotateAfterMs: number
  readonly idleAal2Ms: number
  readonly provenMs: number
}

/** Below one second, so that a revocation holds everywhere within it, the time of the question included. */
export const leaseMs = 900

/** How long the secret before a rotation goes on after its successor was first used: requests under way carry it. */
export const previousSecretGraceMs = minuteMs

/** A rotation whose new secret was never used after this long got lost; it is repeated. */
export const repeatRotationMs = 10 * secondMs

export function sessionPolicy(numbers: {
  absoluteDays: number
  rotateAfterDays: number
  idleHoursAal2: number
  provenMinutes: number
}): SessionPolicy {
  return {
    absoluteMs: numbers.absoluteDays * dayMs,
    rotateAfterMs: numbers.rotateAfterDays * dayMs,
    idleAal2Ms: numbers.idleHoursAal2 * hourMs,
    provenMs: numbers.provenMinutes * minuteMs,
  }
}

export type Liveness = 'live' | 'expired' | 'idle' | 'unverified-too-long'

export function liveness(
  session: StoredSession,
  lastSeenAtMs: number,
  policy: SessionPolicy & { unverifiedMs: number },
  nowMs: number,
): Liveness {
  if (nowMs >= session.expiresAtMs) return 'expired'
  if (session.aal === 2 && nowMs - lastSeenAtMs >= policy.idleAal2Ms) return 'idle'
  if (!session.emailVerified && nowMs - session.userCreatedAtMs >= policy.unverifiedMs) return 'unverified-too-long'
  return 'live'
}
