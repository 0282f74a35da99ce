// Who somebody is here who came with another issuer's token: found, or made at their first request, exactly once.
import { v7 as uuidv7 } from 'uuid'
import { type AuditSource, auditRow } from '../audit/record.ts'
import { DatabaseFault, DatabaseUnavailable, type Queries } from '../db/database.ts'
import { type ExternalUser, addExternalUser, externalUser, findExternalUser } from '../db/queries/external-users.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import { secondMs } from '../kit/duration.ts'

export interface ExternalIdentity {
  /** `issuer#subject`. */
  readonly identity: string
  readonly issuer: string
  /** An address that is theirs beyond doubt: kept, and whoever has proven it here is the same person. */
  readonly verifiedEmail: string | null
  readonly name: string | null
  readonly mayCreate: boolean
}

/** The request in whose course somebody is looked up. */
export interface Visit {
  readonly source: AuditSource
  /** Within what this request may still wait. */
  readonly database: Queries
  readonly continent: string | null
  waitUntil(work: Promise<unknown>): void
}

export interface FoundUser {
  /** Null: nobody here, and nobody is to be made. */
  readonly user: ExternalUser | null
  /** Until when this holds without looking again. */
  readonly relyUntilMs: number
}

export interface ExternalUsers {
  /** Throws `DatabaseUnavailable` for somebody who was not seen lately. */
  find(identity: ExternalIdentity, visit: Visit): Promise<FoundUser>
}

export interface ExternalUsersPorts {
  readonly shardOf: (userId: string, continent: string | null) => string
  /** How long somebody who was seen goes on while the database is away; looked up again at half of it. */
  readonly provenMs: number
  readonly now: () => number
}

/** Told apart by being another object: the clock of an isolate may stand still between two of them. */
interface Turn {
  readonly sinceMs: number
}

interface Known {
  readonly user: ExternalUser | null
  readonly provenAtMs: number
}

const usersKept = 10_000
/** A no is kept shorter: an administrator who unlocks somebody should not have to explain the wait. */
const refusalMs = 10 * secondMs
const lookAgainMs = 20
const turnsWaitedFor = 2
/** A look-up whose request was cut off is taken over by another after this. */
const takeOverAfterMs = 4 * secondMs
/** Simultaneous first tokens of two issuers may want one address: the statement is refused whole, and then finds it taken. */
const tries = 3
const uniqueViolation = '23505'

export function createExternalUsers({ shardOf, provenMs, now }: ExternalUsersPorts): ExternalUsers {
  const known = new BoundedMap<string, Known>(usersKept)
  const underWay = new BoundedMap<string, Turn>(usersKept)

  async function find(identity: ExternalIdentity, visit: Visit): Promise<FoundUser> {
    const before = known.get(identity.identity)
    if (before !== undefined && now() < goodUntilMs(before)) {
      if (now() >= before.provenAtMs + provenMs / 2) lookBehind(identity, visit)
      return found(before)
    }
    return lookInTurn(identity, visit, before)
  }

  /** Somebody seen lately goes on while the database is away. */
  function goodUntilMs({ user, provenAtMs }: Known): number {
    return provenAtMs + (user?.isActive === true ? provenMs : refusalMs)
  }

  function found(entry: Known): FoundUser {
    const halfTimeMs = entry.provenAtMs + provenMs / 2
    return { user: entry.user, relyUntilMs: Math.min(goodUntilMs(entry), Math.max(halfTimeMs, now() + refusalMs)) }
  }

  function lookBehind(identity: ExternalIdentity, visit: Visit): void {
    if (isTaken(identity.identity)) return
    // What fails is tried again by the next request, until nobody may rely on what is known.
    visit.waitUntil(look(identity, visit).catch(() => undefined))
  }

  /**
   * A thousand first requests at once are one look-up. The others may not await its promise, which belongs to another
   * request, so they look whether it has left something. If not, one of them asks again; were it all of them, most would
   * find the queue to the database full. Whoever has waited for two in vain waits no more.
   */
  async function lookInTurn(identity: ExternalIdentity, visit: Visit, before: Known | undefined): Promise<FoundUser> {
    // Without a pause where nobody looks: the next one has to see that this one does.
    for (let waited = 0; isTaken(identity.identity); waited += 1) {
      if (waited === turnsWaitedFor) throw new DatabaseUnavailable('budget-spent')
      await turnOfAnother(identity.identity)
      const left = leftByAnother(identity.identity, before)
      if (left !== null) return found(left)
    }
    const looking = look(identity, visit)
    // Goes on when the client of this request does not wait any more: others may.
    visit.waitUntil(looking.catch(() => undefined))
    try {
      return found(await looking)
    } catch (error) {
      // In a crowd the first is the one who waits longest for an answer; those behind may get theirs in time.
      await new Promise((resolve) => setTimeout(resolve, 2 * lookAgainMs))
      await turnOfAnother(identity.identity)
      const late = leftByAnother(identity.identity, before)
      if (late === null) throw error
      return found(late)
    }
  }

  async function turnOfAnother(identity: string): Promise<void> {
    const turn = underWay.get(identity)
    const isWaiting = (): boolean => underWay.get(identity) === turn && isTaken(identity)
    while (isWaiting()) await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }

  function leftByAnother(identity: string, before: Known | undefined): Known | null {
    const left = known.get(identity)
    return left === undefined || left === before ? null : left
  }

  function isTaken(identity: string): boolean {
    const turn = underWay.get(identity)
    return turn !== undefined && now() - turn.sinceMs < takeOverAfterMs
  }

  async function look(identity: ExternalIdentity, visit: Visit): Promise<Known> {
    const turn = { sinceMs: now() }
    underWay.set(identity.identity, turn)
    try {
      const entry = { user: await findOrAdd(identity, visit), provenAtMs: turn.sinceMs }
      known.set(identity.identity, entry)
      return entry
    } finally {
      if (underWay.get(identity.identity) === turn) underWay.delete(identity.identity)
    }
  }

  async function findOrAdd(identity: ExternalIdentity, visit: Visit): Promise<ExternalUser | null> {
    for (let attempt = 1; ; attempt += 1) {
      const [row] = await visit.database.read(findExternalUser(identity.identity))
      if (row !== undefined) return externalUser(row)
      if ((!identity.mayCreate && identity.verifiedEmail === null) || attempt > tries) return null
      try {
        await visit.database.writeIdempotent(addition(identity, visit))
      } catch (error) {
        if (!(error instanceof DatabaseFault) || error.sqlState !== uniqueViolation) throw error
      }
    }
  }

  function addition(identity: ExternalIdentity, visit: Visit): ReturnType<typeof addExternalUser> {
    const userId = uuidv7()
    const details = { issuer: identity.issuer }
    const created = auditRow('user.created', visit.source, { userId, details: { ...details, method: 'token' } }, now())
    const linked = auditRow('identity.linked', visit.source, { details }, now())
    const shard = shardOf(userId, visit.continent)
    return addExternalUser({ ...identity, userId, identityId: uuidv7(), shard }, created, linked)
  }

  return { find }
}
