// What a user object remembers of tokens that were shown for what a session has open.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { KnownSession } from '../../src/sessions/known-session.ts'
import type { Found } from '../../src/sessions/known-sessions.ts'
import { TokenSockets } from '../../src/sessions/token-sockets.ts'
import type { UserObjectPolicy } from '../../src/sessions/user-sessions.ts'

const hour = 3_600_000
const policy: UserObjectPolicy = {
  absoluteMs: 24 * hour,
  rotateAfterMs: 12 * hour,
  idleAal2Ms: hour,
  provenMs: 60_000,
  unverifiedMs: hour,
}
const owner = { sessionId: 's', userId: 'u' }

// Of a session only what is looked at here.
const known = (changed: Partial<KnownSession> = {}): Found =>
  ({
    session: { userId: 'u', aal: 2, emailVerified: true, expiresAtMs: Date.now() + hour },
    lastSeenAtMs: Date.now(),
    isEnded: false,
    ...changed,
  }) as KnownSession

const users = () => env.USERS.getByName(crypto.randomUUID())
const attend = (object: ReturnType<typeof users>, found: Found, shownUntilMs: number | null = null, of = owner) =>
  runInDurableObject(object, (_, state) =>
    new TokenSockets(state.storage.sql, { find: () => Promise.resolve(found) }, policy).attend(of, shownUntilMs),
  )

describe('a token that was shown', () => {
  it('is remembered across an eviction, the one that is good for longest, and for its session alone', async () => {
    const object = users()
    for (const untilMs of [5000, 9000, 7000]) await attend(object, known(), untilMs)
    await evictDurableObject(object)
    expect(await attend(object, known())).toEqual({ outcome: 'live', shownUntilMs: 9000 })
    const other = { ...owner, sessionId: 'other' }
    expect(await attend(object, known(), null, other)).toEqual({ outcome: 'live', shownUntilMs: null })
  })

  it('counts for nothing where the session is over, idle, another’s or unknown', async () => {
    const object = users()
    const over = {
      session: { userId: 'u', aal: 1, emailVerified: true, expiresAtMs: Date.now() },
    } as Partial<KnownSession>
    const dead = [null, known({ isEnded: true }), known({ lastSeenAtMs: Date.now() - hour }), known(over)]
    for (const found of dead) expect(await attend(object, found, 9000)).toEqual({ outcome: 'dead' })
    expect(await attend(object, known(), 9000, { ...owner, userId: 'other' })).toEqual({ outcome: 'dead' })
    expect(await attend(object, 'unknown', 9000)).toEqual({ outcome: 'unknown' })
    expect(await attend(object, known())).toEqual({ outcome: 'live', shownUntilMs: null })
  })

  it('is forgotten once it has expired', async () => {
    const object = users()
    await attend(object, known(), 5000)
    await runInDurableObject(object, (_, state) => {
      const sockets = new TokenSockets(state.storage.sql, { find: () => Promise.resolve(known()) }, policy)
      sockets.forgetBefore(5000)
      expect(state.storage.sql.exec('select 1 from shown_tokens').toArray().length).toBe(1)
      sockets.forgetBefore(5001)
      expect(state.storage.sql.exec('select 1 from shown_tokens').toArray().length).toBe(0)
    })
  })
})
