// For how long an isolate may rely on what it knows of a shard's sessions. One question a shard renews the lease of all
// of them, so that two thousand people cost no more questions than one.
import type { Changes, LogPosition } from './change-log.ts'
import { leaseMs, renewLeaseAfterMs } from './policy.ts'

/** What entries point to. Taking it back (`untilMs` 0) takes back every entry that points to it. */
export interface ShardLease {
  readonly shard: string
  readonly position: LogPosition
  readonly untilMs: number
  /** When a question under way was asked. It may die with its request, so it is a time and not a promise. */
  readonly askedAtMs: number
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

export interface ShardLeases {
  /** What an answer about a single session, asked for at that time, allows to rely on; null when it came too late. */
  vouch(shard: string, position: LogPosition, askedAtMs: number): ShardLease | null
  isRenewalDue(lease: ShardLease): boolean
  /** Asks for what happened since, and goes on relying on everything else. */
  renew(lease: ShardLease, ask: (since: LogPosition) => Promise<Changes>): Promise<void>
}

/** @param forget called before a lease is renewed with the users of whom nothing may be assumed any more. */
export function createShardLeases(now: () => number, forget: (userIds: readonly string[]) => void): ShardLeases {
  // As many as there are shards: names from outside were checked before anybody is asked.
  const leases = new Map<string, Writable<ShardLease>>()

  function vouch(shard: string, position: LogPosition, askedAtMs: number): ShardLease | null {
    const held = leases.get(shard)
    if (held?.position.epoch === position.epoch) {
      // Overtaken by a renewal: the changes in between may be about this session.
      if (position.version < held.position.version) return null
      // Nothing happened to anybody since: as good as a renewal.
      if (position.version === held.position.version) held.untilMs = Math.max(held.untilMs, askedAtMs + leaseMs)
      return held
    }
    // The object started anew. The answer of a life before the one at hand would only be slow, not wrong.
    if (held !== undefined) held.untilMs = 0
    const lease = { shard, position, untilMs: askedAtMs + leaseMs, askedAtMs }
    leases.set(shard, lease)
    return lease
  }

  async function renew(lease: Writable<ShardLease>, ask: (since: LogPosition) => Promise<Changes>): Promise<void> {
    // Counted from before the question: what the answer vouches for began no later than that.
    const askedAtMs = now()
    lease.askedAtMs = askedAtMs
    const { userIds, ...position } = await ask(lease.position)
    if (userIds === null) {
      lease.untilMs = 0
      if (leases.get(lease.shard) === lease) leases.delete(lease.shard)
      return
    }
    if (userIds.length > 0) forget(userIds)
    // Two questions at once: the later answer is the one to rely on, whichever arrives first.
    if (position.version >= lease.position.version) lease.position = position
    lease.untilMs = Math.max(lease.untilMs, askedAtMs + leaseMs)
  }

  return { vouch, isRenewalDue: (lease) => now() - lease.askedAtMs >= renewLeaseAfterMs, renew }
}
