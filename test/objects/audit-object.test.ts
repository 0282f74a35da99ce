import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { auditRow } from '../../src/audit/record.ts'
import { databaseThat, insertsOf } from './support/database.ts'

const source = { requestId: 'r', ip: '203.0.113.9', userAgent: 'test' }
const rows = (count: number) =>
  Array.from({ length: count }, () => auditRow('access.denied', source, { reason: 'test' }, Date.now()))
const object = () => env.AUDIT.getByName(crypto.randomUUID())

/** The breaker in front of a database that was away stays open for a moment, so once is not enough. */
const patience = { timeout: 20_000, interval: 100 }
async function waitingAfterAlarm(outbox: ReturnType<typeof object>): Promise<number> {
  await runDurableObjectAlarm(outbox)
  return outbox.waiting()
}

describe('the audit outbox', () => {
  beforeEach(() => databaseThat('is away'))

  it('keeps rows across an eviction while the database is away', async () => {
    const outbox = object()
    await outbox.append(rows(3))
    await runDurableObjectAlarm(outbox)
    await evictDurableObject(outbox)
    expect(await outbox.waiting()).toBe(3)
  })

  it('plans the next attempt after each that failed', async () => {
    const outbox = object()
    await outbox.append(rows(1))
    expect(await runDurableObjectAlarm(outbox)).toBe(true)
    expect(await runDurableObjectAlarm(outbox)).toBe(true)
    expect(await outbox.waiting()).toBe(1)
  })

  it('hands every row over once the database is back, and then rests', async () => {
    const outbox = object()
    const written = rows(5)
    await outbox.append(written)
    await runDurableObjectAlarm(outbox)
    await databaseThat('answers')
    await expect.poll(() => waitingAfterAlarm(outbox), patience).toBe(0)
    const ids = written.map(({ id }) => id)
    expect(await insertsOf(ids)).toEqual([ids])
    expect(await runDurableObjectAlarm(outbox)).toBe(false)
  })

  it('repeats rows whose answer was lost under the ids they had, so that the database can drop them', async () => {
    const outbox = object()
    const [row] = rows(1)
    if (row === undefined) throw new Error('no row')
    await databaseThat('loses its answers')
    await outbox.append([row, row])
    const inserted = async () => {
      expect(await waitingAfterAlarm(outbox)).toBe(1)
      return (await insertsOf([row.id])).length
    }
    await expect.poll(inserted, patience).toBeGreaterThan(0)
    await databaseThat('answers')
    await expect.poll(() => waitingAfterAlarm(outbox), patience).toBe(0)
    expect(await insertsOf([row.id])).toEqual([[row.id]])
  })

  it('hands a long queue over in parts until nothing waits', async () => {
    const outbox = object()
    await outbox.append(rows(450))
    await databaseThat('answers')
    await expect.poll(() => waitingAfterAlarm(outbox), patience).toBe(0)
  })
})
