// Says when an access token of our own stops counting for what is open: when its session ends, or when it expires and no
// fresh token of the session was shown for it (POST /auth/v1/sockets/refresh).
import type { SessionPrincipal } from '../identity/principal.ts'
import type { Exchange } from '../exchange.ts'
import { inTime } from '../kit/in-time.ts'
import type { Attendance } from '../sessions/token-sockets.ts'
import { type SessionEnd, firstEnd, pause, sessionEnd } from './session-watch.ts'

/** An end is heard of at once; this finds what nobody is told of, such as a user locked in the record. At most 30 s. */
const lookAgainMs = 20_000
const retryMs = 500
const answerWithinMs = 1000

/** How the token ended, or null when `left` came first. */
export function ownTokenEnd(
  exchange: Exchange,
  session: SessionPrincipal,
  expiresAtMs: number,
  left: AbortSignal,
): Promise<SessionEnd | null> {
  return firstEnd(left, [
    (over) => sessionEnd(exchange, { ...session, endsAtMs: session.sessionExpiresAtMs }, over),
    (over) => freshnessEnd(exchange, session, expiresAtMs, over),
  ])
}

async function freshnessEnd(
  exchange: Exchange,
  session: SessionPrincipal,
  expiresAtMs: number,
  left: AbortSignal,
): Promise<SessionEnd | null> {
  const { now, settings } = exchange.deps
  const patienceMs = settings.config.sessions.uncheckedSeconds * 1000
  let endsAtMs = expiresAtMs
  // One that was admitted in the leeway is over already, unless a fresh one was shown.
  let [knownAtMs, waitMs] = [now(), endsAtMs > now() ? lookAgainMs : 0]
  for (;;) {
    await pause(Math.min(waitMs, endsAtMs > now() ? endsAtMs - now() : waitMs), left)
    if (left.aborted) return null
    const attendance = await attend(exchange, session)
    if (attendance.outcome === 'dead') return 'ended'
    if (attendance.outcome === 'unknown') {
      // Also once it has expired: whether a fresh one was shown is what nobody can say.
      if (now() - knownAtMs > patienceMs) return 'unchecked'
      waitMs = retryMs
      continue
    }
    endsAtMs = Math.max(endsAtMs, attendance.shownUntilMs ?? 0)
    if (now() >= endsAtMs) return 'expired'
    ;[knownAtMs, waitMs] = [now(), lookAgainMs]
  }
}

async function attend({ deps }: Exchange, { sessionId, userId, shard }: SessionPrincipal): Promise<Attendance> {
  const object = deps.userObject(shard)
  if (object === null) return { outcome: 'dead' }
  const ask = (): Promise<Attendance> => object.attend({ sessionId, userId }, null)
  return inTime(answerWithinMs, 'the user object did not answer in time', ask).catch(() => ({ outcome: 'unknown' }))
}
