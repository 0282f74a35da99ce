// What an isolate knows of people who came without a session of ours: up to when their tokens were ended. It holds
// under the same lease as a session, so that such an end counts everywhere within a second, also without the database.
import type { Background, LeasedEntries } from './leased-entries.ts'
import type { UserSessions } from './user-sessions.ts'

/** The same object for as long as nothing is said to have happened to its user. */
export interface Standing {
  readonly userId: string
  /** Tokens of other issuers that they had by then count no more; null: nothing was ended. */
  readonly endedUpToMs: number | null
  /** Something did happen to them in the life of their object: what was read of them before asking may be out of date. */
  readonly wasChanged: boolean
}

export interface NamedUser {
  readonly id: string
  readonly shard: string
}

export interface Standings {
  /** Without waiting: the way of nearly every request. */
  leased(userId: string, context: Background): Standing | null
  /** Null: no account can have that shard. Throws what keeps the object from answering. */
  ask(user: NamedUser): Promise<Standing | null>
}

export interface StandingsPorts {
  /** Shares its leases with the sessions of the same shards. */
  readonly entries: LeasedEntries<Standing>
  readonly userObject: (shard: string) => Pick<UserSessions, 'standing'> | null
  readonly now: () => number
}

export function createStandings({ entries, userObject, now }: StandingsPorts): Standings {
  async function ask({ id, shard }: NamedUser): Promise<Standing | null> {
    const renewed = await entries.renewed(id)
    if (renewed !== null) return renewed
    const object = userObject(shard)
    if (object === null) return null
    const askedAtMs = now()
    const { position, ...found } = await object.standing(id)
    // Of many who ask at once all go by one, and what was looked up for one of them counts for all.
    const held = entries.current(id)
    if (held?.endedUpToMs === found.endedUpToMs && held.wasChanged === found.wasChanged) return held
    // Time alone changes nothing about it.
    const vouched = { userId: id, shard, position, askedAtMs, goodForMs: Number.POSITIVE_INFINITY }
    return entries.keep(id, { userId: id, ...found }, vouched)
  }

  return { leased: (userId, context) => entries.leased(userId, context), ask }
}
