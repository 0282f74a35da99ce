// People known by another issuer's name for them, over minutes, with a clock of the test's own and a database that may be away.
import { beforeEach, describe, expect, it } from 'vitest'
import { DatabaseFault, DatabaseUnavailable, type Queries, type Row } from '../../../src/db/database.ts'
import { type ExternalUsers, createExternalUsers } from '../../../src/users/external-users.ts'

const second = 1000
const provenMs = 300 * second

let nowMs: number
let row: Row | null
let isAway: boolean
let reads: number
let writes: (() => void)[]
let behind: Promise<unknown>[]

const ann: Row = { id: 'ann', email: null, email_verified: false, name: 'Ann', roles: [], is_active: true }

beforeEach(() => {
  nowMs = 1_800_000_000_000
  row = ann
  isAway = false
  reads = 0
  writes = []
  behind = []
})

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

const newIsolate = (): ExternalUsers => createExternalUsers({ shardOf: () => 'eu-1', provenMs, now: () => nowMs })

const identity = {
  identity: 'https://i.example#ann',
  issuer: 'https://i.example',
  verifiedEmail: null,
  name: null,
  mayCreate: true,
}
const visit = {
  source: { requestId: 'r', ip: null, userAgent: null },
  database,
  continent: null,
  waitUntil: (work: Promise<unknown>) => void behind.push(work),
}
const find = (users: ExternalUsers, changed: Partial<typeof identity> = {}) =>
  users.find({ ...identity, ...changed }, visit)
const settled = async (): Promise<void> => void (await Promise.all(behind.splice(0)))

describe('somebody who was seen', () => {
  it('is looked up once for all who ask at once', async () => {
    const users = newIsolate()
    const found = await Promise.all(Array.from({ length: 500 }, () => find(users)))
    expect(new Set(found.map(({ user }) => user?.id))).toEqual(new Set(['ann']))
    expect(reads).toBe(1)
  })

  it('is relied on for half the time, and then looked up behind the request', async () => {
    const users = newIsolate()
    expect((await find(users)).relyUntilMs).toBe(nowMs + provenMs / 2)
    nowMs += provenMs / 2 - 1
    expect((await find(users)).relyUntilMs).toBe(nowMs + 10 * second)
    expect(reads).toBe(1)
    nowMs += 1
    row = { ...ann, is_active: false }
    expect((await find(users)).user?.isActive).toBe(true)
    await settled()
    expect((await find(users)).user?.isActive).toBe(false)
    expect(reads).toBe(2)
  })

  it('goes on while the database is away, for the whole time and no longer', async () => {
    const users = newIsolate()
    await find(users)
    isAway = true
    nowMs += provenMs - 1
    const { user, relyUntilMs } = await find(users)
    expect([user?.id, relyUntilMs]).toEqual(['ann', nowMs + 1])
    await settled()
    nowMs += 1
    await expect(find(users)).rejects.toThrow(DatabaseUnavailable)
  })

  it('is let in again soon after being unlocked', async () => {
    row = { ...ann, is_active: false }
    const users = newIsolate()
    expect((await find(users)).user?.isActive).toBe(false)
    row = ann
    nowMs += 10 * second - 1
    expect((await find(users)).user?.isActive).toBe(false)
    nowMs += 1
    expect((await find(users)).user?.isActive).toBe(true)
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
