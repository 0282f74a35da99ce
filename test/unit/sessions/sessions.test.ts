import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import type { StoredSession } from '../../../src/db/queries/sessions.ts'
import { createCsrfTokens, derivedKey } from '../../../src/sessions/csrf.ts'
import { liveness, sessionPolicy } from '../../../src/sessions/policy.ts'
import { shardOf, userObjectName } from '../../../src/sessions/shard.ts'
import {
  formatSessionToken,
  hashSecret,
  isSameHash,
  newSessionSecret,
  parseSessionToken,
} from '../../../src/sessions/token.ts'

describe('the session token', () => {
  it('says where to ask, what about, and the proof', () => {
    const token = { shard: 'eu-12', sessionId: uuidv7(), secret: newSessionSecret() }
    expect(parseSessionToken(formatSessionToken(token))).toEqual(token)
  })

  it('nothing else is one, whatever one character of the id or the secret becomes', () => {
    const good = formatSessionToken({ shard: 'eu-12', sessionId: uuidv7(), secret: newSessionSecret() })
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: good.length }),
        fc.constantFrom('', '.', ' ', '%', '=', '\n', 'é', '/'),
        (at, text) => {
          const bad = good.slice(0, at) + text + good.slice(at + 1)
          if (bad !== good) expect(parseSessionToken(bad)).toBeNull()
        },
      ),
    )
  })

  it.each(['', 'a.b.c', '..', '__proto__.x.y'])('%j is none', (text) => {
    expect(parseSessionToken(text)).toBeNull()
  })

  it('hashes compare by content', () => {
    expect(isSameHash(hashSecret('a'), hashSecret('a'))).toBe(true)
    expect(isSameHash(hashSecret('a'), hashSecret('b'))).toBe(false)
    expect(isSameHash('short', hashSecret('b'))).toBe(false)
  })
})

describe('the shard of a user', () => {
  it('is one that has an object', () => {
    for (const continent of ['EU', 'na', 'T1', null]) {
      const shard = shardOf(uuidv7(), continent, 64)
      expect(userObjectName(shard, 64)).toMatch(/^user:(?:eu|na|xx):\d+$/)
    }
  })

  it('spreads users over all of them', () => {
    expect(new Set(Array.from({ length: 2000 }, () => shardOf(uuidv7(), 'eu', 64))).size).toBe(64)
  })

  it.each(['eu-64', 'eu-01', 'zz-1', 'eu', 'eu-', 'eu--1', 'eu-1e1', '-1'])('%s makes no object', (shard) => {
    expect(userObjectName(shard, 64)).toBeNull()
  })
})

describe('the CSRF token', () => {
  const tokens = createCsrfTokens(randomBytes(32))

  it('is good for its session and no other', () => {
    const token = tokens.issue('session-a')
    expect(tokens.isValid(token, 'session-a')).toBe(true)
    expect(tokens.isValid(token, 'session-b')).toBe(false)
  })

  it('is another one each time, so that none tells about the next', () => {
    const issued = Array.from({ length: 100 }, () => tokens.issue('session-a'))
    expect(new Set(issued.map((token) => token.split('.')[0])).size).toBe(100)
    for (const token of issued) expect(token).toMatch(/^[\w-]{22}\.[\w-]{43}$/)
  })

  it('is not good under another key, changed, cut or joined', () => {
    const token = tokens.issue('session-a')
    expect(createCsrfTokens(randomBytes(32)).isValid(token, 'session-a')).toBe(false)
    for (const bad of [
      '',
      '.',
      token.slice(1),
      token.slice(0, -1),
      `${token}.x`,
      token.replace('.', ''),
      `x${token}`,
    ]) {
      expect(tokens.isValid(bad, 'session-a')).toBe(false)
    }
  })

  it('every purpose has a key of its own', () => {
    const root = randomBytes(32)
    expect(derivedKey(root, 'csrf')).not.toEqual(derivedKey(root, 'mailed codes'))
    expect(derivedKey(root, 'csrf')).toEqual(derivedKey(root, 'csrf'))
  })
})

describe('how long a session lives', () => {
  const policy = {
    ...sessionPolicy({ absoluteDays: 14, rotateAfterDays: 7, idleHoursAal2: 24, provenMinutes: 5 }),
    unverifiedMs: 86_400_000,
  }
  const session: StoredSession = {
    id: 'i',
    userId: 'u',
    secretHash: 'h',
    previousSecretHash: null,
    amr: ['pwd'],
    aal: 1,
    authTimeMs: 0,
    createdAtMs: 0,
    rotatedAtMs: 0,
    lastSeenAtMs: 0,
    expiresAtMs: policy.absoluteMs,
    email: 'a@example.com',
    emailVerified: true,
    name: null,
    roles: [],
    userCreatedAtMs: 0,
    shard: 'xx-1',
    parentId: null,
  }

  it('to the millisecond of its end', () => {
    expect(liveness(session, 0, policy, policy.absoluteMs - 1)).toBe('live')
    expect(liveness(session, 0, policy, policy.absoluteMs)).toBe('expired')
  })

  it('a second factor makes it end when idle, and only then', () => {
    const strong = { ...session, aal: 2 as const }
    expect(liveness(strong, 1000, policy, 1000 + policy.idleAal2Ms - 1)).toBe('live')
    expect(liveness(strong, 1000, policy, 1000 + policy.idleAal2Ms)).toBe('idle')
    expect(liveness(session, 1000, policy, 1000 + policy.idleAal2Ms)).toBe('live')
  })

  it('an unconfirmed address carries it for a day', () => {
    const unverified = { ...session, emailVerified: false, userCreatedAtMs: 1000 }
    expect(liveness(unverified, 0, policy, 1000 + policy.unverifiedMs - 1)).toBe('live')
    expect(liveness(unverified, 0, policy, 1000 + policy.unverifiedMs)).toBe('unverified-too-long')
  })
})
