import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { CountedRule } from '../../src/limits/counter.ts'
import type { Question, Verdict } from '../../src/limits/decide.ts'

const short: CountedRule = {
  id: 'short',
  limit: 5,
  windowMs: 60_000,
  countsRefused: false,
  hasPenalties: false,
  isLeased: false,
}
const long: CountedRule = { ...short, id: 'long', limit: 3, windowMs: 3_600_000 }
const leased: CountedRule = { ...short, id: 'leased', limit: 50, isLeased: true }
const policy = { failures: 5, firstMs: 900_000, longestMs: 86_400_000, forgivenAfterMs: 86_400_000 }
const object = () => env.LIMITS.getByName(crypto.randomUUID())

function about(rule: CountedRule, more: Partial<Question> = {}): Question {
  return { rule, isEnforced: true, units: 1, lease: null, ...more }
}

/** One attempt under one rule. */
async function hit(limits: ReturnType<typeof object>, subject: string, rule: CountedRule): Promise<Verdict> {
  const [verdict] = await limits.ask(subject, [about(rule)])
  if (verdict === undefined) throw new Error('no verdict')
  return verdict
}

async function allowed(hits: readonly Promise<{ isAllowed: boolean }>[]): Promise<number> {
  return (await Promise.all(hits)).filter(({ isAllowed }) => isAllowed).length
}

describe('the limit object', () => {
  it.each([short, long, leased])(
    'lets exactly the limit of 200 simultaneous hits pass in $id windows',
    async (rule) => {
      const limits = object()
      expect(await allowed(Array.from({ length: 200 }, () => hit(limits, 'address:a', rule)))).toBe(rule.limit)
    },
  )

  it.each([short, long])(
    'has room again in $id windows for what is given back, and no more than that',
    async (rule) => {
      const limits = object()
      await allowed(Array.from({ length: 200 }, () => hit(limits, 'a', rule)))
      await limits.giveBack('a', rule, 2)
      await evictDurableObject(limits)
      expect(await allowed(Array.from({ length: 200 }, () => hit(limits, 'a', rule)))).toBe(2)
      await limits.giveBack('never seen', rule, 9)
      expect(await allowed(Array.from({ length: 200 }, () => hit(limits, 'never seen', rule)))).toBe(rule.limit)
    },
  )

  it('counts subjects and rules apart, also where their names run together', async () => {
    const limits = object()
    await allowed(Array.from({ length: 10 }, () => hit(limits, 'a', short)))
    expect((await hit(limits, 'b', short)).isAllowed).toBe(true)
    expect((await hit(limits, 'a', { ...short, id: 'other' })).isAllowed).toBe(true)
    expect((await hit(limits, 'ta', { ...short, id: 'shor' })).isAllowed).toBe(true)
  })

  it('decides about all rules of a subject in one question, and one that refuses costs nothing under the others', async () => {
    const limits = object()
    const both = [about(short), about(long)]
    for (let attempt = 0; attempt < 6; attempt += 1) await limits.ask('a', both)
    expect((await limits.ask('a', both)).map(({ isAllowed, remaining }) => [isAllowed, remaining])).toEqual([
      [true, 2],
      [false, 0],
    ])
  })

  it('lets a rule that only watches keep nobody out', async () => {
    const limits = object()
    const watched = [about(short), about(long, { isEnforced: false })]
    for (let attempt = 0; attempt < 4; attempt += 1) await limits.ask('a', watched)
    expect((await limits.ask('a', watched)).map(({ isAllowed }) => isAllowed)).toEqual([true, false])
    expect((await hit(limits, 'a', short)).isAllowed).toBe(false)
  })

  it('says how many are left and when one more will be', async () => {
    const limits = object()
    const rule = { ...short, limit: 2 }
    expect(await hit(limits, 'a', rule)).toMatchObject({ isAllowed: true, remaining: 1, retryAfterMs: 0 })
    expect(await hit(limits, 'a', rule)).toMatchObject({ isAllowed: true, remaining: 0 })
    const { isAllowed, retryAfterMs } = await hit(limits, 'a', rule)
    expect(isAllowed).toBe(false)
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(short.windowMs)
  })

  it.each([short, long, { ...leased, windowMs: 61_000 }])(
    'remembers $windowMs ms of $id across an eviction, and starts nobody anew',
    async (rule) => {
      const limits = object()
      await allowed(Array.from({ length: rule.limit }, () => hit(limits, 'a', rule)))
      await evictDurableObject(limits)
      expect((await hit(limits, 'a', rule)).isAllowed).toBe(false)
      expect((await hit(limits, 'b', rule)).isAllowed).toBe(true)
    },
  )

  it('gives whoever made one attempt in a short window at most that one again after an eviction', async () => {
    const limits = object()
    await hit(limits, 'a', short)
    await evictDurableObject(limits)
    expect(await allowed(Array.from({ length: 20 }, () => hit(limits, 'a', short)))).toBeLessThanOrEqual(short.limit)
  })

  it('evicted between racers lets no more of them pass', async () => {
    const limits = object()
    const racers = (): Promise<number> => allowed(Array.from({ length: 100 }, () => hit(limits, 'a', short)))
    const before = await allowed([hit(limits, 'a', short), hit(limits, 'a', short)])
    await evictDurableObject(limits)
    expect(before + (await racers()) + (await racers())).toBe(short.limit)
  })

  it('sweeps what no longer counts, and only that', async () => {
    const limits = object()
    await hit(limits, 'live', long)
    await hit(limits, 'over', long)
    await runInDurableObject(limits, (_, state) => {
      state.storage.sql.exec(`update kept set until_ms = 1 where key like '%over%'`)
    })
    expect(await runDurableObjectAlarm(limits)).toBe(true)
    const kept = await runInDurableObject(limits, (_, state) =>
      state.storage.sql.exec('select key from kept').toArray(),
    )
    expect(kept).toEqual([{ key: JSON.stringify([long.id, 'live']) }])
  })

  it('writes nothing for attempts it refuses, and for clients that come once', async () => {
    const limits = object()
    for (let attempt = 0; attempt < 6; attempt += 1) await hit(limits, 'a', short)
    const state = () =>
      runInDurableObject(limits, (_, { storage }) => storage.sql.exec('select total_changes() as n').one())
    const before = await state()
    for (let attempt = 0; attempt < 20; attempt += 1) await hit(limits, 'a', short)
    for (let client = 0; client < 20; client += 1) await hit(limits, `client ${client}`, short)
    await limits.guess('account:a', 'password', policy)
    await limits.forgive('account:a', 'password')
    expect(await state()).toEqual(before)
  })
})

describe('the lock of an account', () => {
  it('lets five of 200 simultaneous guesses be compared, and holds across an eviction', async () => {
    const limits = object()
    const guesses = await Promise.all(Array.from({ length: 200 }, () => limits.guess('account:a', 'password', policy)))
    expect(guesses.filter(({ mayCompare }) => mayCompare)).toHaveLength(5)
    expect(guesses.filter(({ isNewLock }) => isNewLock)).toHaveLength(1)
    await evictDurableObject(limits)
    expect((await limits.guess('account:a', 'password', policy)).mayCompare).toBe(false)
    expect((await limits.guess('account:a', 'password on a device', policy)).mayCompare).toBe(true)
    expect((await limits.guess('account:b', 'password', policy)).mayCompare).toBe(true)
  })

  it('is taken back for one pool by what succeeded there, and for all of them by an order', async () => {
    const limits = object()
    const lock = async (pool: string): Promise<void> => {
      for (let guess = 0; guess < 5; guess += 1) await limits.guess('a', pool, policy)
    }
    const mayCompare = async (pool: string) => (await limits.guess('a', pool, policy)).mayCompare
    await lock('password')
    await lock('code')
    expect([await limits.forgive('a', 'code'), await limits.forgive('a', 'code')]).toEqual([true, false])
    expect([await mayCompare('password'), await mayCompare('code')]).toEqual([false, true])
    await lock('code')
    expect([await limits.forgive('a', null), await limits.forgive('a', null)]).toEqual([true, false])
    expect([await mayCompare('password'), await mayCompare('code')]).toEqual([true, true])
  })

  it('is taken back with guesses that could not be compared, for good', async () => {
    const limits = object()
    for (let guess = 0; guess < 5; guess += 1) await limits.guess('a', 'password', policy)
    for (let guess = 0; guess < 5; guess += 1) await limits.withdraw('a', 'password', policy)
    await evictDurableObject(limits)
    expect(await limits.guess('a', 'password', policy)).toMatchObject({ mayCompare: true, failures: 1 })
  })
})
