// People who are signed in already: written straight into the database, for signing 2,000 people in is not measured here.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { shardOf } from '../../src/sessions/shard.ts'
import { formatSessionToken, hashSecret, newSessionSecret } from '../../src/sessions/token.ts'

const statement = `
  with made as (
    insert into users (id, email, email_verified_at, name, shard)
    select (r->>'userId')::uuid, r->>'email', now(), 'Bench Person', r->>'shard' from jsonb_array_elements($1::jsonb) r
    returning id)
  insert into sessions (id, user_id, secret_hash, amr, aal, auth_time, expires_at)
  select (r->>'sessionId')::uuid, made.id, r->>'secretHash', '{pwd}', 1, now(), now() + interval '1 day'
  from jsonb_array_elements($1::jsonb) r join made on made.id = (r->>'userId')::uuid`

/** The session tokens of as many people, as their browsers would send them. */
export const seedSessions = async (databaseUrl: string, people: number, shards: number): Promise<string[]> => {
  const rows = Array.from({ length: people }, () => {
    const userId = uuidv7()
    const token = { shard: shardOf(userId, null, shards), sessionId: uuidv7(), secret: newSessionSecret() }
    return { userId, email: `${randomUUID()}@example.com`, ...token, secretHash: hashSecret(token.secret) }
  })
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    await client.query(statement, [JSON.stringify(rows.map(({ secret: _, ...row }) => row))])
  } finally {
    await client.end()
  }
  return rows.map(formatSessionToken)
}
