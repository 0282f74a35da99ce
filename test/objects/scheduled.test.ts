// The worker as its daily trigger enters it, before a real PostgreSQL: what has expired goes, in bounded batches.
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createNeonDatabase } from '../../src/db/neon.ts'
import { fromBase64Url } from '../../src/kit/base64url.ts'
import { totpPlace } from '../../src/tokens/totp-place.ts'
import { sealedTextsUnder } from '../../src/tokens/sealed-text.ts'
import worker from '../../src/worker.ts'

const real = { DATABASE_URL: inject('databaseUrl'), DATABASE_ENDPOINT: inject('databaseEndpoint') }
const database = createNeonDatabase({ databaseUrl: real.DATABASE_URL, endpoint: real.DATABASE_ENDPOINT })

const userId = '018f3c5e-7b1a-7cc0-b1f5-000000000001'
const mostInOneBatch = 500

/** `count` sessions of the user; times are SQL. */
async function sessions(count: number, expiresAt: string, endedAt = 'null'): Promise<void> {
  await database.write(
    sql`insert into sessions (id, user_id, secret_hash, amr, aal, auth_time, expires_at, ended_at)
      select gen_random_uuid(), ${userId}::uuid, 'x', '{pwd}', 1, now(), ${sql.raw(expiresAt)}, ${sql.raw(endedAt)}
      from generate_series(1, ${count}::int)`,
  )
}

async function trigger(): Promise<void> {
  const context = createExecutionContext()
  worker.scheduled(createScheduledController({ cron: '0 3 * * *' }), { ...env, ...real }, context)
  await waitOnExecutionContext(context)
}

beforeEach(async () => {
  await database.write(sql`insert into users (id, email, shard) values (${userId}::uuid, 'cron@example.com', 'xx-1')`)
  // The database itself says how many rows each statement took.
  await database.write(sql`create table deletions (rows int not null)`)
  await database.write(sql`create function note_deletion() returns trigger language plpgsql as
    $$ begin insert into deletions select count(*) from gone; return null; end $$`)
  await database.write(sql`create trigger note after delete on sessions referencing old table as gone
    for each statement execute function note_deletion()`)
})
afterEach(async () => {
  await database.write(sql`drop trigger note on sessions`)
  await database.write(sql`drop function note_deletion`)
  await database.write(sql`drop table deletions`)
  await database.write(sql`delete from users where id = ${userId}::uuid`)
})

describe('the daily trigger', () => {
  it('removes what has expired or ended long ago, a bounded number at a time, and nothing else', async () => {
    await sessions(1150, `now() - interval '1 second'`)
    await sessions(50, `now() + interval '1 day'`, `now() - interval '91 days'`)
    await sessions(3, `now() + interval '1 day'`, `now() - interval '89 days'`)
    await sessions(4, `now() + interval '1 day'`)
    await trigger()
    const left = await database.read(sql`select count(*)::int as n from sessions where user_id = ${userId}::uuid`)
    expect(left).toEqual([{ n: 7 }])
    const batches = (await database.read(sql`select rows from deletions`)).map((row) => Number(row['rows']))
    expect(batches).toEqual([mostInOneBatch, mostInOneBatch, 200])
  })

  it('seals anew what the DATA_KEY before has sealed, a bounded number at a time, and leaves what nobody can open', async () => {
    const keyOf = (name: string): Uint8Array =>
      fromBase64Url((env as unknown as Record<string, string>)[name] ?? '') ?? new Uint8Array()
    const [current, before, lost] = [keyOf('DATA_KEY'), keyOf('DATA_KEY_PREVIOUS'), new Uint8Array(32)]
    const people = Array.from({ length: 203 }, () => crypto.randomUUID())
    const sealers = people.map((_, number) => (number === 0 ? lost : number === 1 ? current : before))
    for (const [number, id] of people.entries()) {
      await database.write(
        sql`insert into users (id, email, shard) values (${id}::uuid, ${`${id}@example.com`}, 'xx-1')`,
      )
      const sealed = await sealedTextsUnder([sealers[number] ?? lost]).seal('secret', totpPlace(id))
      await database.write(sql`insert into totp_credentials (user_id, secret) values (${id}::uuid, ${sealed})`)
    }
    await trigger()
    const rows = await database.read(sql`select user_id, secret from totp_credentials`)
    const opened = await Promise.all(
      rows.map(async (row) => {
        const [id, secret] = [String(row['user_id']), String(row['secret'])]
        const read = await sealedTextsUnder([current])
          .open(secret, totpPlace(id))
          .catch(() => null)
        return [id, read?.text]
      }),
    )
    expect(Object.fromEntries(opened)).toEqual(
      Object.fromEntries(people.map((id, number) => [id, number === 0 ? undefined : 'secret'])),
    )
    await database.write(sql`delete from users where id = any(${`{${people.join(',')}}`}::uuid[])`)
  })

  it('tells the trail once, of each day that is over, how many tokens a shared secret signed', async () => {
    await database.write(sql`insert into shared_secret_days (issuer, day, accepted, late)
      values ('old', current_date - 2, 7, 0), ('old', current_date - 1, 5, 1), ('old', current_date, 3, 0)`)
    try {
      await trigger()
      await trigger()
      const told = await database.read(
        sql`select details->>'accepted' as accepted, details->>'late' as late from audit_events
          where type = 'shared-secret.used' order by details->>'day'`,
      )
      expect(told).toEqual([
        { accepted: '7', late: '0' },
        { accepted: '5', late: '1' },
      ])
    } finally {
      await database.write(sql`delete from shared_secret_days`)
    }
  })
})
