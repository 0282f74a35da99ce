// What a user object makes of the secrets presented for a session it knows, and which sessions an order ends.
import { describe, expect, it } from 'vitest'
import type { StoredSession } from '../../../src/db/queries/sessions.ts'
import { type KnownSession, isRotationDue, judgeSecret, markEnded } from '../../../src/sessions/known-session.ts'
import { leaseMs } from '../../../src/sessions/policy.ts'

const minuteMs = 60_000
const weekMs = 7 * 24 * 60 * minuteMs
const rotatedAtMs = 5000

function known(session: Partial<StoredSession> = {}, more: Partial<KnownSession> = {}): KnownSession {
  return {
    session: {
      id: 'session',
      userId: 'user',
      secretHash: 'current',
      previousSecretHash: 'before',
      amr: ['pwd'],
      aal: 1,
      authTimeMs: 0,
      createdAtMs: 1000,
      rotatedAtMs,
      lastSeenAtMs: 1000,
      expiresAtMs: 10_000,
      email: 'a@example.com',
      emailVerified: true,
      name: null,
      roles: [],
      userCreatedAtMs: 0,
      shard: 'xx-1',
      parentId: null,
      ...session,
    },
    provenAtMs: 0,
    lastSeenAtMs: 0,
    successorSeenAtMs: null,
    rotationFailedAtMs: null,
    isReloading: false,
    isEnded: false,
    ...more,
  }
}

describe('a secret presented for a session', () => {
  it.each([
    ['the current one', 'current', {}, 'current'],
    ['the one before, whose successor nobody has used', 'before', {}, 'previous'],
    ['any other', 'another', {}, 'wrong'],
    ['any other, where there was none before', 'before', { previousSecretHash: null }, 'wrong'],
    ['an empty one, where there was none before', '', { previousSecretHash: null }, 'wrong'],
  ] as const)('that is %s is judged so', (_, presented, session, verdict) => {
    expect(judgeSecret(known(session), presented, 0)).toBe(verdict)
  })

  it('before the last is a replay once its successor was in use for a minute, to the millisecond', () => {
    const used = known({}, { successorSeenAtMs: 1000 })
    expect(judgeSecret(used, 'before', 1000 + minuteMs - 1)).toBe('previous')
    expect(judgeSecret(used, 'before', 1000 + minuteMs)).toBe('replayed')
    expect(judgeSecret(used, 'current', 1000 + minuteMs)).toBe('current')
  })
})

describe('a new secret', () => {
  const isDue = (of: KnownSession, secret: 'current' | 'previous', nowMs: number): boolean =>
    isRotationDue(of, secret, weekMs, nowMs)

  it('is due for the current one after its time, to the millisecond', () => {
    expect(isDue(known(), 'current', rotatedAtMs + weekMs - 1)).toBe(false)
    expect(isDue(known(), 'current', rotatedAtMs + weekMs)).toBe(true)
  })

  it('is due again for the one before, whose successor got lost, after ten seconds', () => {
    expect(isDue(known(), 'previous', rotatedAtMs + 9999)).toBe(false)
    expect(isDue(known(), 'previous', rotatedAtMs + 10_000)).toBe(true)
    expect(isDue(known({}, { successorSeenAtMs: rotatedAtMs }), 'previous', rotatedAtMs + weekMs)).toBe(false)
  })

  it('is not tried again within ten seconds of a failure', () => {
    const at = rotatedAtMs + 2 * weekMs
    expect(isDue(known({}, { rotationFailedAtMs: at }), 'current', at + 9999)).toBe(false)
    expect(isDue(known({}, { rotationFailedAtMs: at }), 'current', at + 10_000)).toBe(true)
  })
})

describe('an order to end sessions', () => {
  const others = { kind: 'all', beforeMs: 2000, exceptId: 'kept' } as const
  const order = (which: Parameters<typeof markEnded>[1]['which'], ...sessions: KnownSession[]): readonly string[] =>
    markEnded(sessions, { userId: 'user', which }, 9999)

  it('ends the one it names, of its own user, and no other', () => {
    const named = known()
    const rest = [known({ id: 'other' }), known({ userId: 'somebody else' })]
    expect(order({ kind: 'one', sessionId: 'session' }, ...rest, named)).toEqual(['session'])
    expect([named, ...rest].map(({ isEnded }) => isEnded)).toEqual([true, false, false])
  })

  it('ends all that were there at its moment but the one excepted, and counts them', () => {
    const all = [
      known({ id: 'kept' }),
      known({ id: 'foreign', userId: 'somebody else' }),
      known({ id: 'later', createdAtMs: 2001 }),
      known({ id: 'same moment', createdAtMs: 2000 }),
      known({ id: 'old' }),
    ]
    expect(order(others, ...all)).toEqual(['same moment', 'old'])
    expect(all.map(({ isEnded }) => isEnded)).toEqual([false, false, false, true, true])
  })

  it('means the applications of a browser with it, and spares those of the browser it spares', () => {
    const [browser, application] = [known({ id: 'browser' }), known({ id: 'application', parentId: 'browser' })]
    expect(order({ kind: 'one', sessionId: 'application' }, browser, application)).toEqual(['application'])
    const again = known({ id: 'application', parentId: 'browser' })
    expect(order({ kind: 'one', sessionId: 'browser' }, browser, again)).toEqual(['browser', 'application'])
    const [spared, other] = [known({ id: 'a', parentId: 'kept' }), known({ id: 'b', parentId: 'not kept' })]
    expect(order(others, spared, other)).toEqual(['b'])
  })

  it('counts nothing twice, and nothing that was over by itself', () => {
    const over = known({ id: 'over', expiresAtMs: 9999 })
    const live = known({ id: 'live', expiresAtMs: 10_000 })
    expect(order(others, over, known({ id: 'ended' }, { isEnded: true }), live)).toEqual(['live'])
    expect(over.isEnded).toBe(true)
    expect(order(others, over, live)).toEqual([])
  })
})

describe('a lease', () => {
  it('is short enough that a revocation holds everywhere within a second', () => {
    expect(leaseMs).toBeGreaterThan(0)
    expect(leaseMs).toBeLessThan(1000)
  })
})
