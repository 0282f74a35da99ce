// What an isolate remembers of tokens: each for itself, and no longer than anything it rests on.
import { beforeEach, describe, expect, it } from 'vitest'
import { type BearerTokens, type FindPerson, createBearerTokens } from '../../../src/identity/bearer-token.ts'
import type { TrustedIssuer } from '../../../src/tokens/trusted-issuer.ts'

const start = 1_800_000_000_000
let nowMs: number
let limits: { keysUntilMs: number; userUntilMs: number }
let verified: string[]

beforeEach(() => {
  nowMs = start
  verified = []
  limits = { keysUntilMs: start + 1000, userUntilMs: start + 1000 }
})

// Of the row only what is read here.
const rules = { issuer: 'https://i.example', forwardToken: false } as TrustedIssuer
const notAsked = () => Promise.reject(new Error('not asked'))
const keys = { find: notAsked }
const context = { waitUntil: () => undefined }
const person: FindPerson = async ({ sub }) => ({
  outcome: 'known',
  principal: {
    userId: String(sub),
    sessionId: null,
    email: null,
    emailVerified: false,
    name: null,
    roles: [],
    amr: [],
    aal: 1,
    authTimeMs: 0,
    provenAtMs: 0,
  },
  relyUntilMs: limits.userUntilMs,
})
const visit = {
  requestId: 'r',
  source: { requestId: 'r', ip: null, userAgent: null },
  database: { read: notAsked, write: notAsked, writeIdempotent: notAsked },
  continent: null,
  waitUntil: () => undefined,
}

const create = (): BearerTokens =>
  createBearerTokens({
    verify: async (token) => {
      verified.push(token)
      const { keysUntilMs: relyUntilMs } = limits
      return {
        outcome: 'valid',
        issuer: { rules, keys, person },
        claims: { sub: token },
        jkt: null,
        expiresAtMs: start,
        relyUntilMs,
      }
    },
    now: () => nowMs,
  })

const come = async (tokens: BearerTokens, token: string): Promise<string | null> => {
  const header = `Bearer ${token}`
  const seen = tokens.seen(header, context)
  if (seen !== null) return seen.principal.userId
  const outcome = await tokens.authenticate(header, visit)
  return outcome.kind === 'accepted' ? outcome.holder.principal.userId : null
}

describe('a token seen before', () => {
  it('is not verified again, and is the same principal', async () => {
    const tokens = create()
    expect([await come(tokens, 'a'), await come(tokens, 'a')]).toEqual(['a', 'a'])
    expect(verified).toEqual(['a'])
  })

  it.each(['keysUntilMs', 'userUntilMs'] as const)('is remembered no longer than %s', async (limit) => {
    limits[limit] = start + 500
    const tokens = create()
    await come(tokens, 'a')
    nowMs = start + 499
    expect(tokens.seen('Bearer a', context)?.principal.userId).toBe('a')
    nowMs = start + 500
    expect(tokens.seen('Bearer a', context)).toBe(null)
  })

  it('stays the same holder when it is verified again, with what was derived from it', async () => {
    const tokens = create()
    await come(tokens, 'a')
    const before = tokens.seen('Bearer a', context)
    nowMs = start + 1000
    limits = { keysUntilMs: start + 9000, userUntilMs: start + 9000 }
    await come(tokens, 'a')
    expect(tokens.seen('Bearer a', context)).toBe(before)
    expect(verified).toEqual(['a', 'a'])
  })

  it('is never taken for another, however alike they are', async () => {
    const tokens = create()
    const letters = 'abcdefghij'
    const alike = Array.from(
      { length: 5000 },
      (_, at) => `${'x'.repeat(600)}${[...String(at)].map((digit) => letters[Number(digit)]).join('')}`,
    )
    for (const token of alike) await come(tokens, token)
    for (const token of alike) expect(tokens.seen(`Bearer ${token}`, context)?.principal.userId).toBe(token)
    const [first = ''] = alike
    for (const other of [first.slice(0, -1), `${first}a`, first.toUpperCase(), ` ${first}`, `${first} `])
      expect(tokens.seen(`Bearer ${other}`, context)).toBe(null)
  })

  it('is forgotten when too many come after it, and very long ones are not remembered', async () => {
    const tokens = create()
    await come(tokens, 'first')
    for (let at = 0; at < 8000; at += 1) await come(tokens, `t${at}`)
    expect(tokens.seen('Bearer first', context)).toBe(null)
    expect(tokens.seen('Bearer t7999', context)).not.toBe(null)
    const long = 'x'.repeat(5000)
    expect(await come(tokens, long)).toBe(long)
    expect(tokens.seen(`Bearer ${long}`, context)).toBe(null)
  })
})

describe('a bound token seen before', () => {
  const jkt = 'k'.repeat(43)
  const bound = (): BearerTokens =>
    createBearerTokens({
      verify: async (token) => {
        verified.push(token)
        const { keysUntilMs: relyUntilMs } = limits
        return {
          outcome: 'valid',
          issuer: { rules, keys, person },
          claims: { sub: token },
          jkt,
          expiresAtMs: start,
          relyUntilMs,
        }
      },
      now: () => nowMs,
    })

  it('is not verified again, and never accepted without a question for its key', async () => {
    const tokens = bound()
    for (let round = 0; round < 3; round += 1) {
      expect(await tokens.authenticate('DPoP a', visit)).toMatchObject({ kind: 'bound', token: 'a', holder: { jkt } })
      expect(tokens.seen('DPoP a', context)).toBe(null)
    }
    expect(verified).toEqual(['a'])
    expect(await tokens.authenticate('Bearer a', visit)).toMatchObject({ kind: 'refused', reason: 'bound to a key' })
    expect(tokens.seen('Bearer a', context)).toBe(null)
    nowMs = start + 1000
    limits = { keysUntilMs: start + 9000, userUntilMs: start + 9000 }
    await tokens.authenticate('DPoP a', visit)
    expect(verified).toEqual(['a', 'a', 'a'])
  })

  it('is told from an unbound one, which its scheme does not fit', async () => {
    const tokens = create()
    expect(await tokens.authenticate('DPoP a', visit)).toMatchObject({ kind: 'refused', reason: 'not bound to a key' })
    expect(await come(tokens, 'a')).toBe('a')
    expect(await tokens.authenticate('DPoP a', visit)).toMatchObject({ kind: 'refused', reason: 'not bound to a key' })
  })
})
