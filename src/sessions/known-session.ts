// What a user object knows of a session, and what it makes of the secrets presented for it. Pure: time is an argument.
import type { EndedSessions, StoredSession } from '../db/queries/sessions.ts'
import { liveness, previousSecretGraceMs, repeatRotationMs } from './policy.ts'
import { isSameHash } from './token.ts'
import type { EndRequest, UserObjectPolicy } from './user-sessions.ts'

export interface KnownSession {
  session: StoredSession
  provenAtMs: number
  lastSeenAtMs: number
  /** When the secret after a rotation was first presented; the one before ends soon after. */
  successorSeenAtMs: number | null
  /** When a rotation last failed for want of the database; it is not tried by every request until then. */
  rotationFailedAtMs: number | null
  isReloading: boolean
  /** Kept although it is over: without the database, what is forgotten could only be answered by "unknown". */
  isEnded: boolean
}

export type SecretVerdict = 'current' | 'previous' | 'replayed' | 'wrong'

/** The secret before a rotation stays good until a while after its successor was seen; then it is a replay. */
export function judgeSecret(
  { session, successorSeenAtMs }: KnownSession,
  secretHash: string,
  nowMs: number,
): SecretVerdict {
  if (isSameHash(secretHash, session.secretHash)) return 'current'
  if (session.previousSecretHash === null || !isSameHash(secretHash, session.previousSecretHash)) return 'wrong'
  const isRetired = successorSeenAtMs !== null && nowMs - successorSeenAtMs >= previousSecretGraceMs
  return isRetired ? 'replayed' : 'previous'
}

export function isRotationDue(
  known: KnownSession,
  secret: 'current' | 'previous',
  rotateAfterMs: number,
  nowMs: number,
): boolean {
  if (known.rotationFailedAtMs !== null && nowMs - known.rotationFailedAtMs < repeatRotationMs) return false
  const age = nowMs - known.session.rotatedAtMs
  if (secret === 'current') return age >= rotateAfterMs
  return known.successorSeenAtMs === null && age >= repeatRotationMs
}

/** Whether a session of that user lives, by everything that is known. */
export function isStanding(
  { session, isEnded, lastSeenAtMs }: KnownSession,
  userId: string,
  policy: UserObjectPolicy,
  nowMs: number,
): boolean {
  return !isEnded && session.userId === userId && liveness(session, lastSeenAtMs, policy, nowMs) === 'live'
}

/** Ends what an order means, and returns which of it was live until then. */
export function markEnded(
  all: Iterable<KnownSession>,
  { userId, which }: EndRequest,
  nowMs: number,
): readonly string[] {
  const live: string[] = []
  for (const known of all) {
    if (known.isEnded || !isCovered(known.session, userId, which)) continue
    known.isEnded = true
    if (nowMs < known.session.expiresAtMs) live.push(known.session.id)
  }
  return live
}

/** Whether an order to end sessions of a user means this one. */
function isCovered(session: StoredSession, userId: string, which: EndedSessions): boolean {
  if (session.userId !== userId) return false
  if (which.kind === 'one') return session.id === which.sessionId || session.parentId === which.sessionId
  const isExcepted = which.exceptId !== null && [session.id, session.parentId].includes(which.exceptId)
  return !isExcepted && session.createdAtMs <= which.beforeMs
}
