// People known by another issuer's name for them, over minutes, with a clock of the test's own and a database that may be away.
import { beforeEach, describe, expect, it } from 'vitest'
import { DatabaseFault, DatabaseUnavailable, type Queries, type Row } from '../../../src/db/database.ts'
import { createLeasedEntries } from '../../../src/sessions/leased-entries.ts'
import { createShardLeases } from '../../../src/sessions/shard-leases.ts'
import { ChangeLog } from '../../../src/sessions/change-log.ts'
import { createStandings, type Standing } from '../../../src/sessions/standings.ts'
import { type ExternalUsers, createExternalUsers } from '../../../src/users/external-users.ts'

const second = 1000
const provenMs = 300 * second

let nowMs: number
let row: Row | null
let isAway: boolean
let reads: number
let writes: (() => void)[]
let behind: Promise<unknown>[]
/** What the object of her shard was told. */
let log: ChangeLog
let endedUpToMs: number | null
let asked: number

const shard = 'eu-1'
const ann: Row = { id: 'ann', email: null, email_verified: false, name: 'Ann', roles: [], shard, is_active: true }

beforeEach(() => {
  nowMs = 1_800_000_000_000
  row = ann
  isAway = false
  reads = 0
  writes = []
  behind = []
  log = new ChangeLog('life')
  endedUpToMs = null
  asked = 0
})

function endEverything(): void {
  endedUpToMs = nowMs
  log.note('ann')
}

const database: Queries = {
  async read() {
    reads += 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (isAway) throw new DatabaseUnavailable('unreachable')
    return row === null ? [] : [row]
  },
  write: () => Promise.reject(new Error('not used')),
  async writeIdempotent() {
    const write = writes.shift()
    if (write === undefined) throw new Error('one write too many')
    write()
    return []
  },
}

function newIsolate(): ExternalUsers {
  const now = () => nowMs
  const entries = createLeasedEntries<Standing>({
    leases: createShardLeases(now, (userIds) => entries.forgetUsers(new Set(userIds))),
    changes: () => (since) => Promise.resolve(log.since(since)),
    now,
  })
  const object = {
    standing: (userId: string) => {
      asked += 1
      return Promise.resolve({ endedUpToMs, wasChanged: log.names(userId), position: log.position })
    },
  }
  const standings = createStandings({ entries, userObject: () => object, now })
  return createExternalUsers({ shardOf: () => shard, standings, provenMs, now })
}

const identity = {
  identity: 'https://i.example#ann',
  issuer: 'https://i.example',
  verifiedEmail: null,
  name: null,
  mayCreate: true,
  issuedMs: 1_800_000_000_000,
}
const visit = {
  source: { requestId: 'r', ip: null, userAgent: null },
  database,
  continent: null,
  waitUntil: (work: Promise<unknown>) => void behind.push(work),
}
const find = async (users: ExternalUsers, changed: Partial<typeof identity> = {}) => {
  const found = await users.find({ ...identity, ...changed }, visit)
  return found.outcome === 'found' ? { ...found, reason: null } : { ...found, user: null, relyUntilMs: null }
}
const locked = 'user locked or deleted'
const over = 'issued before everything of its user was ended'
const settled = async (): Promise<void> => void (await Promise.all(behind.splice(0)))

describe('somebody who was seen', () => {
  it('is looked up once for all who ask at once', async () => {
    const users = newIsolate()
    const found = await Promise.all(Array.from({ length: 500 }, () => find(users)))
    expect(new Set(found.map(({ user }) => user?.id))).toEqual(new Set(['ann']))
    expect(reads).toBe(1)
  })

  it('is asked for at their object once for all who ask at once', async () => {
    const users = newIsolate()
    await Promise.all(Array.from({ length: 500 }, () => find(users)))
    expect(asked).toBe(1)
  })

  it('is looked up behind a request in good time, so that who comes often waits for nothing', async () => {
    const users = newIsolate()
    expect((await find(users)).relyUntilMs).toBe(nowMs + 120 * second)
    nowMs += 120 * second - 1
    expect((await find(users)).relyUntilMs).toBe(nowMs + 1)
    expect(reads).toBe(1)
    nowMs += 1
    row = { ...ann, is_active: false }
    expect(await find(users)).toMatchObject({ user: { id: 'ann' }, relyUntilMs: nowMs + 10 * second })
    await settled()
    expect((await find(users)).reason).toBe(locked)
    expect(reads).toBe(2)
  })

  it('is let in on no word of the record that is older than half the time, however seldom they come', async () => {
    const users = newIsolate()
    await find(users)
    row = { ...ann, is_active: false }
    nowMs += provenMs / 2 - 1
    expect(await find(users)).toMatchObject({ user: { id: 'ann' }, relyUntilMs: nowMs + 1 })
    behind = []
    const seldom = newIsolate()
    row = ann
    await find(seldom)
    row = { ...ann, is_active: false }
    nowMs += provenMs / 2
    expect((await find(seldom)).reason).toBe(locked)
  })

  it('goes on while the database is away, for the whole time and no longer, and waits for it once in ten seconds', async () => {
    const users = newIsolate()
    await find(users)
    isAway = true
    nowMs += provenMs / 2
    expect(await find(users)).toMatchObject({ user: { id: 'ann' }, relyUntilMs: nowMs + 10 * second })
    await settled()
    const tried = reads
    nowMs += 10 * second - 1
    expect((await find(users)).user?.id).toBe('ann')
    // Behind the request: it had its answer before the database was asked to the end.
    expect([behind.length, reads]).toEqual([1, tried + 1])
    await settled()
    nowMs += provenMs / 2 - 10 * second
    const { user, relyUntilMs } = await find(users)
    expect([user?.id, relyUntilMs]).toEqual(['ann', nowMs + 1])
    await settled()
    nowMs += 1
    await expect(find(users)).rejects.toThrow(DatabaseUnavailable)
  })

  it('is let in again soon after being unlocked', async () => {
    row = { ...ann, is_active: false }
    const users = newIsolate()
    expect((await find(users)).reason).toBe(locked)
    row = ann
    nowMs += 10 * second - 1
    expect((await find(users)).reason).toBe(locked)
    nowMs += 1
    expect((await find(users)).user?.id).toBe('ann')
  })
})

describe('somebody of whom everything was ended', () => {
  it('is refused with what was issued by then, within the lease of their shard, also without the database', async () => {
    const users = newIsolate()
    await find(users)
    isAway = true
    nowMs += 200
    endEverything()
    nowMs += 899 - 200
    expect((await find(users)).user?.id).toBe('ann')
    nowMs += 1
    expect((await find(users)).reason).toBe(over)
    expect((await find(users, { issuedMs: endedUpToMs ?? 0 })).reason).toBe(over)
  })

  it('comes back with what was issued later, once the record was read anew', async () => {
    const users = newIsolate()
    await find(users)
    endEverything()
    row = { ...ann, roles: ['new'] }
    nowMs += 2 * second
    const later = { issuedMs: nowMs }
    expect((await find(users, later)).user?.roles).toEqual(['new'])
    expect(reads).toBe(2)
    await find(users, later)
    expect(reads).toBe(2)
    expect((await find(users)).reason).toBe(over)
  })

  it('is nobody where they were locked with it, whenever their token was issued, and while the record cannot say', async () => {
    const users = newIsolate()
    await find(users)
    row = { ...ann, is_active: false }
    endEverything()
    nowMs += 2 * second
    isAway = true
    await expect(find(users, { issuedMs: nowMs })).rejects.toThrow(DatabaseUnavailable)
    isAway = false
    expect((await find(users, { issuedMs: nowMs })).reason).toBe(locked)
  })

  it('is seen for what they are by an isolate that read the record just before it changed', async () => {
    const users = newIsolate()
    const finding = find(users, { issuedMs: nowMs + 1 })
    await expect.poll(() => reads, { interval: 1 }).toBe(1)
    endEverything()
    row = { ...ann, is_active: false }
    expect((await finding).reason).toBe(locked)
  })
})

describe('somebody whose object was told of anything else', () => {
  it('is looked up before the next request is let in, and goes on where the record cannot be read', async () => {
    const users = newIsolate()
    await find(users)
    log.note('ann')
    row = { ...ann, roles: ['new'] }
    nowMs += second
    expect((await find(users)).user?.roles).toEqual(['new'])
    log.note('ann')
    row = { ...ann, roles: [] }
    isAway = true
    nowMs += second
    expect(await find(users)).toMatchObject({ user: { roles: ['new'] }, relyUntilMs: nowMs + 10 * second })
    isAway = false
    nowMs += 10 * second
    expect((await find(users)).user?.roles).toEqual([])
  })

  it('is not looked up for what happens to others, and never twice for the same', async () => {
    const users = newIsolate()
    await find(users)
    log.note('bob')
    nowMs += second
    await find(users)
    expect(reads).toBe(1)
    log.note('ann')
    nowMs += second
    await Promise.all(Array.from({ length: 100 }, () => find(users)))
    await find(users)
    expect(reads).toBe(2)
  })
})

describe('somebody new', () => {
  it('is nobody while the database is away, and keeps no one waiting in turn', async () => {
    isAway = true
    const users = newIsolate()
    const startedAt = performance.now()
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => find(users)))
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(performance.now() - startedAt).toBeLessThan(500)
  })

  it('is asked for again by one of a crowd, and not by all, when the first question failed', async () => {
    isAway = true
    const users = newIsolate()
    const crowd = Promise.allSettled(Array.from({ length: 500 }, () => find(users)))
    await expect.poll(() => reads, { interval: 1 }).toBe(1)
    setTimeout(() => (isAway = false), 6)
    const found = await crowd
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['fulfilled']))
    expect(reads).toBe(2)
  })

  it('is found for all of a crowd, also for the first, whose question was cut short', async () => {
    isAway = true
    const users = newIsolate()
    const crowd = Array.from({ length: 100 }, () => find(users))
    await expect.poll(() => reads, { interval: 1 }).toBe(1)
    setTimeout(() => (isAway = false), 6)
    const found = await Promise.all(crowd)
    expect(new Set(found.map(({ user }) => user?.id))).toEqual(new Set(['ann']))
  })

  it('is made when nobody is found, and found afterwards', async () => {
    row = null
    writes = [() => void (row = ann)]
    expect((await find(newIsolate())).user?.id).toBe('ann')
  })

  it('is tried again when another took the address in the same moment', async () => {
    row = null
    const taken = (): void => {
      throw new DatabaseFault('23505', 'users_email_key')
    }
    writes = [taken, () => void (row = ann)]
    expect((await find(newIsolate(), { verifiedEmail: null })).user?.id).toBe('ann')
  })

  it('is not made where only known people are welcome', async () => {
    row = null
    expect((await find(newIsolate(), { mayCreate: false })).user).toBe(null)
  })

  it('is a fault when the database says anything else', async () => {
    row = null
    writes = [
      () => {
        throw new DatabaseFault('42601', undefined)
      },
    ]
    await expect(find(newIsolate())).rejects.toThrow(DatabaseFault)
  })
})
