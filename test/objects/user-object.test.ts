import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { auditRow } from '../../src/audit/record.ts'
import { EndedStore } from '../../src/sessions/ended-store.ts'
import { watchAddress } from '../../src/sessions/watch.ts'
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

  it('says up to when everything of somebody was ended, across an eviction, and that something happened to them', async () => {
    const [users, userId, other] = [object(), crypto.randomUUID(), crypto.randomUUID()]
    expect(await users.standing(userId)).toMatchObject({ endedUpToMs: null, wasChanged: false })
    await users.end(endOf(userId, { kind: 'one', sessionId: crypto.randomUUID() }), 1000)
    expect(await users.standing(userId)).toMatchObject({ endedUpToMs: null, wasChanged: true })
    const spared = { kind: 'all', beforeMs: 4000, exceptId: null, sparesTokens: true } as const
    await users.end(endOf(userId, spared), 1000)
    expect(await users.standing(userId)).toMatchObject({ endedUpToMs: null, wasChanged: true })
    // What comes without a session is never the one that was left.
    await users.end(endOf(userId, { kind: 'all', beforeMs: 3000, exceptId: crypto.randomUUID() }), 1000)
    await users.end(endOf(userId, { kind: 'all', beforeMs: 2000, exceptId: null }), 1000)
    expect(await users.standing(userId)).toMatchObject({ endedUpToMs: 3000, wasChanged: true })
    await evictDurableObject(users)
    expect(await users.standing(userId)).toMatchObject({ endedUpToMs: 3000, wasChanged: false })
    expect(await users.standing(other)).toMatchObject({ endedUpToMs: null, wasChanged: false })
  })

  it('closes what waits for the end of a token when everything of its user is ended, and what came too late for that', async () => {
    const [users, userId] = [object(), crypto.randomUUID()]
    const watch = async (owner: string, issuedMs: number) => {
      const request = new Request(watchAddress({ userId: owner, issuedMs }), { headers: { upgrade: 'websocket' } })
      const { webSocket } = await users.fetch(request)
      if (webSocket === null) throw new Error('no socket')
      const code = new Promise<number>((resolve) => webSocket.addEventListener('close', (event) => resolve(event.code)))
      webSocket.accept()
      return { code, socket: webSocket }
    }
    const [first, other] = [await watch(userId, 1000), await watch(crypto.randomUUID(), 1000)]
    let isOtherClosed = false
    void other.code.then(() => (isOtherClosed = true))
    await users.end(endOf(userId, { kind: 'one', sessionId: '' }), 1000)
    await users.end(endOf(userId, { kind: 'all', beforeMs: 3000, exceptId: null, sparesTokens: true }), 1000)
    expect(await Promise.race([first.code, new Promise((resolve) => setTimeout(() => resolve('open'), 50))])).toBe(
      'open',
    )
    await users.end(endOf(userId, { kind: 'all', beforeMs: 2000, exceptId: null }), 1000)
    expect(await first.code).toBe(4401)
    expect(await (await watch(userId, 2000)).code).toBe(4401)
    const later = await watch(userId, 2001)
    later.socket.close(1000)
    expect([await later.code, isOtherClosed]).toEqual([1000, false])
    other.socket.close(1000)
    expect(await other.code).toBe(1000)
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
