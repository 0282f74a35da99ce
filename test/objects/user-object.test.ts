import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { auditRow } from '../../src/audit/record.ts'
import { EndedStore } from '../../src/sessions/ended-store.ts'
import type { EndRequest } from '../../src/sessions/user-sessions.ts'
import { databaseThat, insertsOf } from './support/database.ts'

const source = { requestId: 'r', ip: null, userAgent: null }
const object = () => env.USERS.getByName(crypto.randomUUID())

function endOf(userId: string, which: EndRequest['which']): EndRequest {
  return { userId, which, reason: 'test', audit: auditRow('session.ended', source, { userId }, Date.now()) }
}

const session = (userId: string, createdAtMs: number) => ({
  id: crypto.randomUUID(),
  userId,
  secretHash: 'h',
  previousSecretHash: null,
  amr: ['pwd'],
  aal: 1 as const,
  authTimeMs: createdAtMs,
  createdAtMs,
  rotatedAtMs: createdAtMs,
  lastSeenAtMs: createdAtMs,
  expiresAtMs: createdAtMs + 1000,
  email: 'a@example.com',
  emailVerified: true,
  name: null,
  roles: [],
  userCreatedAtMs: createdAtMs,
  shard: 'xx-0',
  parentId: null,
})

describe('the judge of sessions', () => {
  beforeEach(() => databaseThat('is away'))

  it('keeps a session ended across an eviction, without the database', async () => {
    const [users, userId, sessionId] = [object(), crypto.randomUUID(), crypto.randomUUID()]
    expect(await users.end(endOf(userId, { kind: 'one', sessionId }), 1000)).toEqual({ isRecorded: false, ids: [] })
    await evictDurableObject(users)
    expect(
      (await users.lease({ sessionId, secretHash: 'h', shard: 'xx-0', ip: null, fingerprint: null })).outcome,
    ).not.toBe('live')
    const ended = await runInDurableObject(users, (_, state) => {
      const store = new EndedStore(state.storage.sql)
      return [store.covers({ ...session(userId, 1000), id: sessionId }), store.covers(session(userId, 1000))]
    })
    expect(ended).toEqual([true, false])
  })

  it('lets nobody end what belongs to another user', async () => {
    const [users, owner, sessionId] = [object(), crypto.randomUUID(), crypto.randomUUID()]
    await users.end(endOf(crypto.randomUUID(), { kind: 'one', sessionId }), 1000)
    const isEnded = await runInDurableObject(users, (_, state) =>
      new EndedStore(state.storage.sql).covers({ ...session(owner, 1000), id: sessionId }),
    )
    expect(isEnded).toBe(false)
  })

  it('says of a session it was never told of that it does not know, and lets nobody in on it', async () => {
    const users = object()
    expect(
      await users.lease({
        sessionId: crypto.randomUUID(),
        secretHash: 'h',
        shard: 'xx-0',
        ip: null,
        fingerprint: null,
      }),
    ).toEqual({
      outcome: 'unknown',
    })
  })

  it('ends all sessions older than the end, but the one excepted and those of others', async () => {
    const [users, userId] = [object(), crypto.randomUUID()]
    const [old, kept, later, other] = [
      session(userId, 1000),
      session(userId, 1000),
      session(userId, 3000),
      session(crypto.randomUUID(), 1000),
    ]
    await users.end(endOf(userId, { kind: 'all', beforeMs: 2000, exceptId: kept.id }), 1000)
    await evictDurableObject(users)
    const covered = await runInDurableObject(users, (_, state) => {
      const store = new EndedStore(state.storage.sql)
      return [old, kept, later, other].map((one) => store.covers(one))
    })
    expect(covered).toEqual([true, false, false, false])
  })

  it('forgets an end once no session can outlive it, and not before', async () => {
    const users = object()
    const remembered = await runInDurableObject(users, (_, state) => {
      const store = new EndedStore(state.storage.sql)
      store.add('u', { kind: 'one', sessionId: 's' }, 1000)
      store.forgetBefore(1000)
      const before = store.hasSession('s', 'u')
      store.forgetBefore(1001)
      return [before, store.hasSession('s', 'u')]
    })
    expect(remembered).toEqual([true, false])
  })

  it('tells the database of an end later, and goes on trying until it has heard', async () => {
    const [users, userId] = [object(), crypto.randomUUID()]
    const request = endOf(userId, { kind: 'one', sessionId: crypto.randomUUID() })
    await users.end(request, 1000)
    expect(await runDurableObjectAlarm(users)).toBe(true)
    await evictDurableObject(users)
    await databaseThat('answers')
    // The breaker in front of a database that was away stays open for a moment, so once is not enough.
    const told = async () => {
      await runDurableObjectAlarm(users)
      return (await insertsOf([request.audit.id])).length
    }
    await expect.poll(told, { timeout: 20_000, interval: 100 }).toBeGreaterThan(0)
    expect(await runDurableObjectAlarm(users)).toBe(false)
  })
})
