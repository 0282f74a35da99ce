// Says in an isolate whether a session is live: from a lease of under a second, or by asking the user's object.
import type { AuditRow } from '../db/queries/audit-events.ts'
import type { StoredSession } from '../db/queries/sessions.ts'
import type { Principal } from '../identity/principal.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import { type SessionToken, hashSecret, parseSessionToken } from './token.ts'
import type { LeaseAnswer, UserSessions } from './user-sessions.ts'

/** What is kept beside a lease for as long as it is renewed: the principal never changes within one. */
export interface Lease {
  readonly token: SessionToken
  readonly principal: Principal
  readonly isRotationDue: boolean
  readonly untilMs: number
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
  /** The lease at hand, without waiting; the way of nearly every request. */
  leased(cookie: string): Lease | null
  ask(cookie: string, ip: string | null): Promise<SessionVerdict>
  /** A new secret for the session of a leased cookie, or null when somebody else got it or nobody can now. */
  rotate(cookie: string, audit: AuditRow, waitMs: number): Promise<{ readonly secret: string } | null>
  forget(cookie: string): void
}

/** What was worked out of the cookie stays beside its lease: most questions are renewals. */
interface KeptLease extends Lease {
  readonly secretHash: string
}

const leasesKept = 10_000

export function createSessionGate(userObject: (shard: string) => UserSessions | null, now: () => number): SessionGate {
  // Keyed by the whole token: hashing it first would cost more than everything else a leased request does.
  const leases = new BoundedMap<string, KeptLease>(leasesKept)

  function leased(cookie: string): Lease | null {
    const lease = leases.get(cookie)
    return lease !== undefined && now() < lease.untilMs ? lease : null
  }

  async function ask(cookie: string, ip: string | null): Promise<SessionVerdict> {
    const before = leases.get(cookie)
    const token = before?.token ?? parseSessionToken(cookie)
    const object = token === null ? null : userObject(token.shard)
    if (token === null || object === null)
      return { outcome: 'dead', reason: 'malformed', userId: null, sessionId: null }
    const secretHash = before?.secretHash ?? hashSecret(token.secret)
    // Counted from before the question: what the answer vouches for began no later than that.
    const askedAtMs = now()
    const answer = await object.lease({ sessionId: token.sessionId, shard: token.shard, secretHash, ip })
    if (answer.outcome !== 'live') {
      leases.delete(cookie)
      return answer.outcome === 'dead' ? { ...answer, sessionId: token.sessionId } : answer
    }
    const lease = renew(leases.get(cookie), token, answer, askedAtMs)
    leases.set(cookie, { ...lease, secretHash })
    return { outcome: 'live', lease }
  }

  async function rotate(cookie: string, audit: AuditRow, waitMs: number): Promise<{ readonly secret: string } | null> {
    const token = parseSessionToken(cookie)
    const object = token === null ? null : userObject(token.shard)
    if (token === null || object === null) return null
    leases.delete(cookie)
    return object.rotate({ sessionId: token.sessionId, secretHash: hashSecret(token.secret), audit }, waitMs)
  }

  return { leased, ask, rotate, forget: (cookie) => leases.delete(cookie) }
}

function renew(
  before: Lease | undefined,
  token: SessionToken,
  answer: LeaseAnswer & { outcome: 'live' },
  askedAtMs: number,
): Lease {
  const principal = principalOf(answer.session, token.shard)
  const isSame = before !== undefined && JSON.stringify(before.principal) === JSON.stringify(principal)
  return {
    token,
    principal: isSame ? before.principal : principal,
    isRotationDue: answer.isRotationDue,
    untilMs: Math.min(askedAtMs + answer.leaseMs, answer.session.expiresAtMs),
    derived: isSame ? before.derived : new Map<string, unknown>(),
  }
}

export function principalOf(session: StoredSession, shard: string): Principal {
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
    shard,
    sessionExpiresAtMs: session.expiresAtMs,
  }
}
