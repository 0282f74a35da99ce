// Who somebody is here who came with another issuer's token: found, or made at their first request, exactly once. What the
// record says is relied on for a while; what their object was told counts at once.
import { DatabaseUnavailable } from '../db/database.ts'
import type { ExternalUser } from '../db/queries/external-users.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import { secondMs } from '../kit/duration.ts'
import type { Standing, Standings } from '../sessions/standings.ts'
import { type ExternalIdentity, type Visit, findOrAddUser } from './find-or-add-user.ts'
import { createTurns } from './turns.ts'

export type FoundUser =
  | {
      readonly outcome: 'found'
      readonly user: ExternalUser
      /** Holds as long as their object is not told of anything; see sessions/standings.ts. */
      readonly standing: Standing
      /** Until when this holds without looking again, where only the record knows better. */
      readonly relyUntilMs: number
    }
  | { readonly outcome: 'refused'; readonly reason: string }

export interface ExternalUsers {
  /** Throws `DatabaseUnavailable` for somebody who was not seen lately, and what keeps their object from answering. */
  find(identity: ExternalIdentity, visit: Visit): Promise<FoundUser>
}

export interface ExternalUsersPorts {
  readonly shardOf: (userId: string, continent: string | null) => string
  readonly standings: Standings
  /** How long somebody who was seen goes on while the database is away; looked up again before half of it. */
  readonly provenMs: number
  readonly now: () => number
}

/** Somebody who is let in: what the record said, and the standing that was asked for before it was read. */
interface Admitted {
  readonly user: ExternalUser
  readonly standing: Standing
  readonly provenAtMs: number
}

interface Refused {
  readonly user: ExternalUser | null
  readonly standing: null
  readonly provenAtMs: number
}

type Known = Admitted | Refused

const usersKept = 10_000
/** A no is kept shorter: an administrator who unlocks somebody should not have to explain the wait. */
const refusalMs = 10 * secondMs
/** Also how long a database that did not answer is asked behind requests only. */
const retryMs = 10 * secondMs
const turnsWaitedFor = 2

export function createExternalUsers({ shardOf, standings, provenMs, now }: ExternalUsersPorts): ExternalUsers {
  const known = new BoundedMap<string, Known>(usersKept)
  const turns = createTurns(usersKept, now)
  const failedAtMs = new BoundedMap<string, number>(usersKept)
  /** Nobody is let in on an older word of the record while it can be read; who comes often is looked up behind before that. */
  const dueMs = provenMs / 2
  const behindMs = 0.8 * dueMs

  async function find(identity: ExternalIdentity, visit: Visit): Promise<FoundUser> {
    const before = known.get(identity.identity)
    if (before === undefined || now() >= goodUntilMs(before)) return judged(await lookInTurn(identity, visit), identity)
    if (before.standing === null) return judged(before, identity)
    const standing = standings.leased(before.user.id, visit) ?? (await asked(before.user))
    // What their object was told to end needs no record.
    if (isEnded(standing, identity)) return ended
    if (standing !== before.standing || now() >= before.provenAtMs + dueMs)
      return lookAgain(identity, visit, { before, standing })
    if (now() >= before.provenAtMs + behindMs) lookBehind(identity, visit, standing)
    return judged(before, identity)
  }

  /** Somebody seen lately goes on while the database is away. */
  function goodUntilMs({ standing, provenAtMs }: Known): number {
    return provenAtMs + (standing === null ? refusalMs : provenMs)
  }

  function judged(entry: Known, identity: ExternalIdentity): FoundUser {
    const { user, standing, provenAtMs } = entry
    if (standing === null) return user === null ? unknownUser : notActive
    if (isEnded(standing, identity)) return ended
    const isFresh = now() < provenAtMs + behindMs
    const relyUntilMs = isFresh ? provenAtMs + behindMs : Math.min(now() + retryMs, provenAtMs + dueMs)
    return { outcome: 'found', user, standing, relyUntilMs }
  }

  async function asked(user: ExternalUser): Promise<Standing> {
    const standing = await standings.ask(user)
    if (standing === null) throw new Error('an account without a shard')
    return standing
  }

  /** Something happened to them, or what is known is due. While the record cannot be read, what was read before it goes on. */
  async function lookAgain(
    identity: ExternalIdentity,
    visit: Visit,
    { before, standing }: { readonly before: Admitted; readonly standing: Standing },
  ): Promise<FoundUser> {
    const makeshift = (): FoundUser => {
      const relyUntilMs = Math.min(now() + retryMs, goodUntilMs(before))
      return { outcome: 'found', user: before.user, standing, relyUntilMs }
    }
    // Never after an end of everything: whoever was locked may come with a token that was issued later.
    const mayGoOn = standing.endedUpToMs === before.standing.endedUpToMs
    const failed = failedAtMs.get(identity.identity)
    const isAway = failed !== undefined && now() - failed < retryMs
    const isOnlyDue = standing === before.standing
    if (mayGoOn && (isAway || (isOnlyDue && turns.isTaken(identity.identity)))) {
      lookBehind(identity, visit, standing)
      return makeshift()
    }
    try {
      return judged(await lookInTurn(identity, visit, { before, standing }), identity)
    } catch (error) {
      if (!mayGoOn || !(error instanceof DatabaseUnavailable)) throw error
      failedAtMs.set(identity.identity, now())
      return makeshift()
    }
  }

  function lookBehind(identity: ExternalIdentity, visit: Visit, standing: Standing): void {
    if (turns.isTaken(identity.identity)) return
    // What fails is tried again by the next request, until nobody may rely on what is known.
    visit.waitUntil(look(identity, visit, standing).catch(() => undefined))
  }

  /**
   * A thousand first requests at once are one look-up. The others may not await its promise, which belongs to another
   * request, so they look whether it has left something. If not, one of them asks again; were it all of them, most would
   * find the queue to the database full. Whoever has waited for two in vain waits no more.
   */
  async function lookInTurn(
    identity: ExternalIdentity,
    visit: Visit,
    since: { readonly before: Known; readonly standing: Standing } | null = null,
  ): Promise<Known> {
    const before = since?.before ?? known.get(identity.identity)
    const leftByAnother = (): Known | null => {
      const left = known.get(identity.identity)
      if (left === undefined || left === before) return null
      // One that was read before what happened since is none.
      return since === null || left.standing === null || left.standing === since.standing ? left : null
    }
    for (let waited = 0; ; waited += 1) {
      const left = leftByAnother()
      if (left !== null) return left
      // Without a pause where nobody looks: the next one has to see that this one does.
      if (!turns.isTaken(identity.identity)) break
      if (waited === turnsWaitedFor) throw new DatabaseUnavailable('budget-spent')
      await turns.passed(identity.identity)
    }
    const looking = look(identity, visit, since?.standing ?? null)
    // Goes on when the client of this request does not wait any more: others may.
    visit.waitUntil(looking.catch(() => undefined))
    try {
      return await looking
    } catch (error) {
      // In a crowd the first is the one who waits longest for an answer; those behind may get theirs in time.
      await turns.passed(identity.identity, { afterPause: true })
      const late = leftByAnother()
      if (late === null) throw error
      return late
    }
  }

  async function look(identity: ExternalIdentity, visit: Visit, standing: Standing | null): Promise<Known> {
    const turn = turns.take(identity.identity)
    try {
      const entry = { ...(await read(identity, visit, standing)), provenAtMs: turn.sinceMs }
      known.set(identity.identity, entry)
      failedAtMs.delete(identity.identity)
      return entry
    } finally {
      turns.end(identity.identity, turn)
    }
  }

  /** Whose object has to be asked the record says first. What it was told by then may have come after that: then once more. */
  async function read(
    identity: ExternalIdentity,
    visit: Visit,
    before: Standing | null,
  ): Promise<Omit<Admitted, 'provenAtMs'> | Omit<Refused, 'provenAtMs'>> {
    for (let standing = before; ;) {
      const user = await findOrAddUser(identity, visit, { shardOf, now })
      if (user?.isActive !== true) return { user, standing: null }
      if (standing?.userId === user.id) return { user, standing }
      standing = await asked(user)
      if (!standing.wasChanged && standing.endedUpToMs === null) return { user, standing }
    }
  }

  return { find }
}

const unknownUser = { outcome: 'refused', reason: 'unknown user' } as const
const notActive = { outcome: 'refused', reason: 'user locked or deleted' } as const
const ended = { outcome: 'refused', reason: 'issued before everything of its user was ended' } as const

function isEnded({ endedUpToMs }: Standing, { issuedMs }: ExternalIdentity): boolean {
  return endedUpToMs !== null && issuedMs <= endedUpToMs
}
