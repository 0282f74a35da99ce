// Says in an isolate whether a session is live: by what it knows under its shard's lease of under a second, or by asking
// the user's object.
import type { AuditRow } from '../db/queries/audit-events.ts'
import type { StoredSession } from '../db/queries/sessions.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import type { Changes, LogPosition } from './change-log.ts'
import type { RecordedEnd } from './end-recorded.ts'
import type { Fingerprint } from './fingerprint.ts'
import { type Background, createLeasedEntries } from './leased-entries.ts'
import { createShardLeases } from './shard-leases.ts'
import { type Standing, type Standings, createStandings } from './standings.ts'
import { hashSecret, parseSessionToken } from './token.ts'
import type { EndAnswer, EndRequest, LeaseAnswer, UserSessions } from './user-sessions.ts'

/** What an isolate knows of a session, and may rely on while the lease of its shard lasts. */
export interface Lease {
  readonly principal: SessionPrincipal
  readonly isRotationDue: boolean
  /** What the session was first used with; null where that does not matter. */
  readonly fingerprint: Fingerprint | null
  /** What forwarding derived from this principal, by origin; see tokens/passport.ts. */
  readonly derived: Map<string, unknown>
}

export type SessionVerdict =
  | { readonly outcome: 'live'; readonly lease: Lease }
  | {
      readonly outcome: 'dead'
      readonly reason: string
      readonly userId: string | null
      readonly sessionId: string | null
    }
  | { readonly outcome: 'unknown' }

export interface SessionGate {
  /** What is known without waiting; the way of nearly every request. Renews the shard's lease behind it in good time. */
  leased(cookie: string, context: Background): Lease | null
  ask(cookie: string, ip: string | null, fingerprint: Fingerprint | null): Promise<SessionVerdict>
  /** The same of a session that a token names which was signed here: the signature is the proof, there is no secret. */
  leasedSession(sessionId: string, context: Background): Lease | null
  askAboutSession(named: NamedSession, ip: string | null): Promise<SessionVerdict>
  /** A new secret for the session of a leased cookie, or null when somebody else got it or nobody can now. */
  rotate(cookie: string, audit: AuditRow, waitMs: number): Promise<{ readonly secret: string } | null>
  /** Ends sessions at the object that decides for them, and here at once. Resolves as `UserSessions.end`. */
  end(shard: string, request: EndRequest, waitMs: number): Promise<EndAnswer>
  endRecorded(shard: string, ends: readonly RecordedEnd[]): Promise<void>
  /** Of people who came without a session of ours. */
  readonly standings: Standings
}

export interface NamedSession {
  readonly sessionId: string
  readonly shard: string
}

export function createSessionGate(userObject: (shard: string) => UserSessions | null, now: () => number): SessionGate {
  const ports = { leases: createShardLeases(now, forgetUsers), changes: changesOf, now }
  // Keyed by the whole cookie: hashing it first would cost more than everything else a leased request does. Sessions that
  // tokens name have keys which no cookie has that was ever asked about.
  const sessions = createLeasedEntries<Lease>(ports)
  const users = createLeasedEntries<Standing>(ports)

  function forgetUsers(userIds: readonly string[]): void {
    const changed = new Set(userIds)
    sessions.forgetUsers(changed)
    users.forgetUsers(changed)
  }

  function changesOf(shard: string): ((since: LogPosition) => Promise<Changes>) | null {
    const object = userObject(shard)
    return object === null ? null : (since) => object.changes(since)
  }

  function ask(cookie: string, ip: string | null, fingerprint: Fingerprint | null): Promise<SessionVerdict> {
    return renewedOr(cookie, async () => {
      const token = parseSessionToken(cookie)
      const object = token === null ? null : userObject(token.shard)
      if (token === null || object === null) return malformed
      const { shard, sessionId, secret } = token
      const question = { sessionId, shard, secretHash: hashSecret(secret), ip, fingerprint }
      return asked(cookie, token, () => object.lease(question))
    })
  }

  function askAboutSession(named: NamedSession, ip: string | null): Promise<SessionVerdict> {
    const key = keyOf(named.sessionId)
    return renewedOr(key, async () => {
      const object = userObject(named.shard)
      return object === null ? malformed : asked(key, named, () => object.look({ ...named, ip }))
    })
  }

  async function renewedOr(key: string, askAnew: () => Promise<SessionVerdict>): Promise<SessionVerdict> {
    const lease = await sessions.renewed(key)
    return lease === null ? askAnew() : { outcome: 'live', lease }
  }

  async function asked(
    key: string,
    { sessionId, shard }: NamedSession,
    question: () => Promise<LeaseAnswer>,
  ): Promise<SessionVerdict> {
    const askedAtMs = now()
    const answer = await question()
    if (answer.outcome !== 'live') {
      sessions.delete(key)
      return answer.outcome === 'dead' ? { ...answer, sessionId } : answer
    }
    const { position, goodForMs, session } = answer
    const lease = known(sessions.last(key), shard, answer)
    sessions.keep(key, lease, { userId: session.userId, shard, position, askedAtMs, goodForMs })
    return { outcome: 'live', lease }
  }

  async function rotate(cookie: string, audit: AuditRow, waitMs: number): Promise<{ readonly secret: string } | null> {
    const token = parseSessionToken(cookie)
    const object = token === null ? null : userObject(token.shard)
    if (token === null || object === null) return null
    sessions.delete(cookie)
    return object.rotate({ sessionId: token.sessionId, secretHash: hashSecret(token.secret), audit }, waitMs)
  }

  async function end(shard: string, request: EndRequest, waitMs: number): Promise<EndAnswer> {
    const object = userObject(shard)
    if (object === null) throw new Error('an account without a shard')
    const ended = await object.end(request, waitMs)
    forgetUsers([request.userId])
    return ended
  }

  async function endRecorded(shard: string, ends: readonly RecordedEnd[]): Promise<void> {
    await userObject(shard)?.endRecorded(ends)
    forgetUsers(ends.map(({ userId }) => userId))
  }

  const leased = (cookie: string, context: Background): Lease | null => sessions.leased(cookie, context)
  const leasedSession = (sessionId: string, context: Background): Lease | null => leased(keyOf(sessionId), context)
  const standings = createStandings({ entries: users, userObject, now })

  return { leased, ask, leasedSession, askAboutSession, rotate, end, endRecorded, standings }
}

const malformed = { outcome: 'dead', reason: 'malformed', userId: null, sessionId: null } as const

function keyOf(sessionId: string): string {
  return `session ${sessionId}`
}

/** The same principal stays the same object, with what was derived from it. */
function known(before: Lease | undefined, shard: string, answer: LeaseAnswer & { outcome: 'live' }): Lease {
  const principal = principalOf(answer.session, shard)
  const isSame = before !== undefined && JSON.stringify(before.principal) === JSON.stringify(principal)
  return {
    principal: isSame ? before.principal : principal,
    isRotationDue: answer.isRotationDue,
    fingerprint: answer.fingerprint,
    derived: isSame ? before.derived : new Map<string, unknown>(),
  }
}

export function principalOf(session: StoredSession, shard: string): SessionPrincipal {
  return {
    userId: session.userId,
    sessionId: session.id,
    email: session.email,
    emailVerified: session.emailVerified,
    name: session.name,
    roles: session.roles,
    amr: session.amr,
    aal: session.aal,
    authTimeMs: session.authTimeMs,
    provenAtMs: session.authTimeMs,
    shard,
    sessionExpiresAtMs: session.expiresAtMs,
  }
}
