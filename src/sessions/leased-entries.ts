// What an isolate knows of people and their sessions, each for as long as the lease of its shard lasts and nothing is said
// to have happened to its user.
import { BoundedMap } from '../kit/bounded-map.ts'
import type { Changes, LogPosition } from './change-log.ts'
import type { ShardLease, ShardLeases } from './shard-leases.ts'

export interface Background {
  waitUntil(work: Promise<unknown>): void
}

/** Where an entry comes from, and what it rests on. */
interface Kept {
  readonly userId: string
  readonly shardLease: ShardLease
  readonly goodUntilMs: number
}

/** An answer of the object of a shard, which may be relied on under its lease. */
export interface Vouched {
  readonly userId: string
  readonly shard: string
  readonly position: LogPosition
  readonly askedAtMs: number
  /** How long it stays good as long as nothing happens to its user. */
  readonly goodForMs: number
}

export interface LeasedEntries<Entry> {
  /** What may be relied on now, without waiting. Renews the shard's lease behind it in good time. */
  leased(key: string, context: Background): Entry | null
  /** Where only the shard's lease has run out, its renewal is the whole answer. Null: it has to be asked for by itself. */
  renewed(key: string): Promise<Entry | null>
  /** The same without renewing anything. */
  current(key: string): Entry | null
  /** Whether or not it may be relied on. */
  last(key: string): Entry | undefined
  /** Returns what later questions find, or the entry itself where it came too late to be kept. */
  keep(key: string, entry: Entry, vouched: Vouched): Entry
  delete(key: string): void
  forgetUsers(userIds: ReadonlySet<string>): void
}

export interface LeasedEntriesPorts {
  readonly leases: ShardLeases
  readonly changes: (shard: string) => ((since: LogPosition) => Promise<Changes>) | null
  readonly now: () => number
}

const entriesKept = 10_000

export function createLeasedEntries<Entry extends object>(ports: LeasedEntriesPorts): LeasedEntries<Entry> {
  const { leases, changes, now } = ports
  const entries = new BoundedMap<string, Entry & Kept>(entriesKept)

  function current(key: string): (Entry & Kept) | null {
    const entry = entries.get(key)
    const nowMs = now()
    return entry === undefined || nowMs >= entry.goodUntilMs || nowMs >= entry.shardLease.untilMs ? null : entry
  }

  function leased(key: string, context: Background): Entry | null {
    const entry = current(key)
    if (entry === null) return null
    // Failed, it is tried again; when the lease runs out a request asks for itself and says what is wrong.
    if (leases.isRenewalDue(entry.shardLease)) context.waitUntil(renew(entry.shardLease).catch(() => undefined))
    return entry
  }

  async function renew(lease: ShardLease): Promise<void> {
    const ask = changes(lease.shard)
    if (ask !== null) await leases.renew(lease, ask)
  }

  async function renewed(key: string): Promise<Entry | null> {
    const before = entries.get(key)
    if (before === undefined || now() >= before.goodUntilMs) return null
    await renew(before.shardLease)
    const entry = entries.get(key)
    return entry !== undefined && now() < entry.shardLease.untilMs ? entry : null
  }

  function keep(key: string, entry: Entry, { userId, shard, position, askedAtMs, goodForMs }: Vouched): Entry {
    const shardLease = leases.vouch(shard, position, askedAtMs)
    if (shardLease === null) return entry
    const kept = { ...entry, userId, shardLease, goodUntilMs: askedAtMs + goodForMs }
    entries.set(key, kept)
    return kept
  }

  function forgetUsers(userIds: ReadonlySet<string>): void {
    for (const [key, { userId }] of entries.entries()) if (userIds.has(userId)) entries.delete(key)
  }

  return {
    leased,
    renewed,
    current,
    last: (key) => entries.get(key),
    keep,
    delete: (key) => entries.delete(key),
    forgetUsers,
  }
}
