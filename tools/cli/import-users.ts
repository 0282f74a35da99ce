// Imports the people of an existing site. The whole file is checked before anything is written, and written in one
// transaction: there is no half of it. Whoever is here already stays as they are, so a file can be imported again.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { auditRow } from '../../src/audit/record.ts'
import { shardOf } from '../../src/sessions/shard.ts'
import { type Format, type UserLine, readUsers } from './user-lines.ts'

export interface ImportOptions {
  readonly databaseUrl: string
  readonly file: string
  readonly format: Format
  /** For lines that do not say. */
  readonly areVerified: boolean
  /** Near which the people are; null: anywhere. */
  readonly continent: string | null
  readonly shards: number
  readonly progress: (done: number, all: number) => void
}

export interface Imported {
  readonly created: number
  readonly skipped: number
}

const batch = 500
const mostProblems = 20

export async function importUsers(options: ImportOptions): Promise<Imported> {
  const count = await check(options)
  const client = new pg.Client({ connectionString: options.databaseUrl, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin')
    const created = await writeAll(client, options, count)
    await client.query('commit')
    return { created, skipped: count - created }
  } finally {
    // Without a commit nothing was written.
    await client.end()
  }
}

/** How many people there are; throws with every line that is wrong. */
async function check({ file, format }: ImportOptions): Promise<number> {
  const problems: string[] = []
  let [count, wrong] = [0, 0]
  for await (const read of readUsers(file, format)) {
    count += 1
    if (!('problem' in read)) continue
    wrong += 1
    if (problems.length < mostProblems) problems.push(`line ${read.line}: ${read.problem}`)
  }
  if (wrong === 0) return count
  const more = wrong > problems.length ? [`and ${wrong - problems.length} more`] : []
  throw new Error([`Nothing is imported: ${wrong} of ${count} lines are wrong.`, ...problems, ...more].join('\n'))
}

async function writeAll(client: pg.Client, options: ImportOptions, count: number): Promise<number> {
  let [done, created] = [0, 0]
  let rows: object[] = []
  const write = async (): Promise<void> => {
    const { rows: answer } = await client.query<{ created: number }>(insertUsers, [JSON.stringify(rows)])
    created += answer[0]?.created ?? 0
    done += rows.length
    rows = []
    options.progress(done, count)
  }
  for await (const read of readUsers(options.file, options.format)) {
    if ('problem' in read) throw new Error(`The file has changed meanwhile (line ${read.line}). Nothing is imported.`)
    rows.push(rowOf(read.user, options))
    if (rows.length === batch) await write()
  }
  if (rows.length > 0) await write()
  return created
}

function rowOf(user: UserLine, { areVerified, continent, shards }: ImportOptions): object {
  const id = uuidv7()
  const nowhere = { requestId: '', ip: null, userAgent: null }
  const facts = { userId: id, details: { method: 'import', by: 'command line' } }
  return {
    id,
    identity_id: randomUUID(),
    email: user.email,
    name: user.name ?? null,
    roles: user.roles ?? [],
    is_verified: user.email_verified ?? areVerified,
    hash: user.password_hash ?? null,
    shard: shardOf(id, continent, shards),
    audit: auditRow('user.imported', nowhere, facts, Date.now()),
  }
}

const insertUsers = `
  with given as (
      select * from jsonb_to_recordset($1::jsonb) as g(
        id uuid, identity_id uuid, email text, name text, roles text[], is_verified boolean, hash text, shard text, audit jsonb)),
    created as (
      insert into users (id, email, email_verified_at, name, roles, shard)
      select id, email, case when is_verified then now() end, name, roles, shard from given
      where not exists (select 1 from users u where lower(u.email) = lower(given.email))
      on conflict do nothing returning id),
    known as (
      insert into identities (id, user_id, subject)
      select g.identity_id, g.id, 'email:' || lower(g.email) from given g join created using (id)
      on conflict (subject) do update set user_id = excluded.user_id),
    credentials as (
      insert into password_credentials (user_id, hash)
      select g.id, g.hash from given g join created using (id) where g.hash is not null),
    logged as (
      insert into audit_events (id, at, type, outcome, user_id, details)
      select (g.audit->>'id')::uuid, to_timestamp((g.audit->>'atMs')::float8 / 1000), g.audit->>'type', g.audit->>'outcome',
        g.id, g.audit->'details'
      from given g join created using (id))
  select count(*)::integer as created from created`
