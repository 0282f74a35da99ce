import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'

const short = { id: 'short', limit: 5, windowMs: 60_000 }
const long = { id: 'long', limit: 3, windowMs: 3_600_000 }
const object = () => env.LIMITS.getByName(crypto.randomUUID())

async function allowed(hits: readonly Promise<{ isAllowed: boolean }>[]): Promise<number> {
  return (await Promise.all(hits)).filter(({ isAllowed }) => isAllowed).length
}

describe('the limit object', () => {
  it.each([short, long])('lets exactly the limit of 200 simultaneous hits pass in $id windows', async (rule) => {
    const limits = object()
    expect(await allowed(Array.from({ length: 200 }, () => limits.hit('address:a', rule)))).toBe(rule.limit)
  })

  it('counts subjects and rules apart, also where their names run together', async () => {
    const limits = object()
    await allowed(Array.from({ length: 10 }, () => limits.hit('a', short)))
    expect((await limits.hit('b', short)).isAllowed).toBe(true)
    expect((await limits.hit('a', { ...short, id: 'other' })).isAllowed).toBe(true)
    expect((await limits.hit('ta', { ...short, id: 'shor' })).isAllowed).toBe(true)
  })

  it('says how many are left and when one more will be', async () => {
    const limits = object()
    expect(await limits.hit('a', { ...short, limit: 2 })).toMatchObject({
      isAllowed: true,
      remaining: 1,
      retryAfterMs: 0,
    })
    expect(await limits.hit('a', { ...short, limit: 2 })).toMatchObject({ isAllowed: true, remaining: 0 })
    const { isAllowed, retryAfterMs } = await limits.hit('a', { ...short, limit: 2 })
    expect(isAllowed).toBe(false)
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(short.windowMs)
  })

  it('remembers windows of over a minute across an eviction', async () => {
    const limits = object()
    await allowed(Array.from({ length: 3 }, () => limits.hit('a', long)))
    await evictDurableObject(limits)
    expect((await limits.hit('a', long)).isAllowed).toBe(false)
    expect((await limits.hit('b', long)).isAllowed).toBe(true)
  })

  it('sweeps what no longer counts, and only that', async () => {
    const limits = object()
    await limits.hit('live', long)
    await limits.hit('over', long)
    await runInDurableObject(limits, (_, state) => {
      state.storage.sql.exec(`update windows set until_ms = 1 where key like '%over%'`)
    })
    expect(await runDurableObjectAlarm(limits)).toBe(true)
    const kept = await runInDurableObject(limits, (_, state) =>
      state.storage.sql.exec('select key from windows').toArray(),
    )
    expect(kept).toEqual([{ key: JSON.stringify([long.id, 'live']) }])
  })
})
