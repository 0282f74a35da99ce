import { createHmac } from 'node:crypto'
import { Argon2Type } from '@phi-ag/argon2'
import initialiseArgon2 from '@phi-ag/argon2/node'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'

export type DemoAccount = { email: string; name: string; roles: string[] }

/** Known to everybody who can read; such accounts exist in the development command's own database and nowhere else. */
export const demoPassword = 'open-the-gate'

export const demoAccounts: readonly DemoAccount[] = [
  { email: 'demo@example.com', name: 'Demo Person', roles: [] },
  { email: 'admin@example.com', name: 'Admin Person', roles: ['admin'] },
]

/** As src/login/password/hasher.ts stores it, which is what decides at sign-in; its WebAssembly import runs in the worker only. */
const hashOf = async (password: string, pepper: string): Promise<string> => {
  const argon2 = await initialiseArgon2()
  const peppered = createHmac('sha256', Buffer.from(pepper, 'base64url'))
    .update(password.normalize('NFC'))
    .digest('base64url')
  const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, hashLength: 32, type: Argon2Type.Argon2id }
  return `v1${argon2.hash(peppered, cost).encoded}`
}

/** One statement, so that no account is ever without its password; an account that exists is left as it is. */
const insertAccount = `
  with created as (
      insert into users (id, email, email_verified_at, name, roles, shard)
      values ($1, $2, now(), $3, $4, $5) on conflict do nothing returning id),
    known as (
      insert into identities (id, user_id, subject) select $1, id, 'email:' || lower($2) from created
      on conflict (subject) do update set user_id = excluded.user_id)
  insert into password_credentials (user_id, hash) select id, $6 from created`

/** Number zero exists however many shards the site has chosen. */
const shard = 'xx-0'

/** Makes those that are missing, all with the demo password. */
export const seedAccounts = async (
  databaseUrl: string,
  pepper: string,
  accounts: readonly DemoAccount[] = demoAccounts,
): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<{ email: string }>(
      'select lower(email) as email from users where deleted_at is null',
    )
    const known = new Set(rows.map(({ email }) => email))
    for (const { email, name, roles } of accounts) {
      if (known.has(email)) continue
      await client.query(insertAccount, [uuidv7(), email, name, roles, shard, await hashOf(demoPassword, pepper)])
    }
  } finally {
    await client.end()
  }
}
