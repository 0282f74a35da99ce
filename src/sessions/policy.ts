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

/** Early enough for the answer to be there before the lease runs out: a request under load never waits for it. */
export const renewLeaseAfterMs = 400

/**
 * After which a session itself is asked about again, although its shard vouches that nothing happened to it: what time
 * alone does (idleness, a rotation that falls due, what the record says by now) takes so much longer to show, and a
 * sighting is so old at most.
 */
export const askAgainAfterMs = 30 * secondMs

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

/**
 * How long an answer about a live session stays good while nothing happens to its user. The secret before a rotation
 * ends by the clock alone, so whoever presents it asks every time.
 */
export function goodForMs(
  { session, provenAtMs }: { readonly session: StoredSession; readonly provenAtMs: number },
  secret: 'current' | 'previous',
  { provenMs }: Pick<SessionPolicy, 'provenMs'>,
  nowMs: number,
): number {
  if (secret === 'previous') return leaseMs
  return Math.max(0, Math.min(askAgainAfterMs, session.expiresAtMs - nowMs, provenAtMs + provenMs - nowMs))
}
