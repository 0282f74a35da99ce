// When a session was last seen is kept in memory and written at most once a minute, however busy it is.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createNeonDatabase } from '../../src/db/neon.ts'
import { hashSecret } from '../../src/sessions/token.ts'
import { databaseIs, databaseThat, statements } from './support/database.ts'

const real = { databaseUrl: inject('databaseUrl'), databaseEndpoint: inject('databaseEndpoint') }
const database = createNeonDatabase({ databaseUrl: real.databaseUrl, endpoint: real.databaseEndpoint })

const shard = 'xx-1'
const userId = '018f3c5e-7b1a-7cc0-b1f5-000000000002'
const sessionIds = ['018f3c5e-7b1a-7cc0-b1f5-0000000000a1', '018f3c5e-7b1a-7cc0-b1f5-0000000000a2']
const minuteMs = 60_000
const longAgo = '2026-01-01T00:00:00.000Z'

beforeEach(async () => {
  await databaseIs(real)
  await database.write(sql`insert into users (id, email, email_verified_at, shard)
    values (${userId}::uuid, 'seen@example.com', now(), ${shard})`)
  for (const id of sessionIds)
    await database.write(sql`insert into sessions (id, user_id, secret_hash, amr, aal, auth_time, expires_at, last_seen_at)
      values (${id}::uuid, ${userId}::uuid, ${hashSecret('s')}, '{pwd}', 1, now(), now() + interval '1 day', ${longAgo})`)
})
afterEach(async () => {
  await database.write(sql`delete from users where id = ${userId}::uuid`)
  await databaseThat('is away')
})

async function lastSeen(): Promise<(readonly [at: number, ip: unknown])[]> {
  const rows = await database.read(sql`select extract(epoch from last_seen_at) * 1000 as at, host(ip) as ip
    from sessions where user_id = ${userId}::uuid order by id`)
  return rows.map((row) => [Math.round(Number(row['at'])), row['ip']] as const)
}

const writes = async (): Promise<number> =>
  (await statements()).filter((text) => text.includes('update sessions s set last_seen_at')).length

describe('a session in use', () => {
  it('is written down as seen once a minute, all sessions of the object together, with the latest time and address', async () => {
    const users = env.USERS.getByName(crypto.randomUUID())
    const ask = async (sessionId: string, ip: string): Promise<void> => {
      const answer = await users.lease({ sessionId, shard, secretHash: hashSecret('s'), ip, fingerprint: null })
      expect(answer.outcome).toBe('live')
    }
    const alarmAt = (): Promise<number | null> => runInDurableObject(users, (_, state) => state.storage.getAlarm())
    const before = await lastSeen()
    const startedAtMs = Date.now()
    for (let round = 0; round < 30; round += 1)
      for (const [n, id] of sessionIds.entries()) await ask(id, round < 29 ? '203.0.113.1' : `203.0.113.${10 + n}`)
    const lastAskedAtMs = Date.now()
    expect([await writes(), await lastSeen()]).toEqual([0, before])
    // Later questions did not put it off.
    expect(await alarmAt()).toBeGreaterThanOrEqual(startedAtMs + minuteMs)
    expect(await alarmAt()).toBeLessThanOrEqual(lastAskedAtMs + minuteMs)

    expect(await runDurableObjectAlarm(users)).toBe(true)
    expect(await writes()).toBe(1)
    const after = await lastSeen()
    expect(after.map(([, ip]) => ip)).toEqual(['203.0.113.10', '203.0.113.11'])
    for (const [at] of after) expect(at).toBeGreaterThanOrEqual(startedAtMs)

    // Unused, there is nothing to write; used again, the next time is a minute away.
    expect(await runDurableObjectAlarm(users)).toBe(false)
    const againAtMs = Date.now()
    await ask(sessionIds[0] ?? '', '203.0.113.20')
    expect(await alarmAt()).toBeGreaterThanOrEqual(againAtMs + minuteMs)
    expect(await writes()).toBe(1)
  })
})
