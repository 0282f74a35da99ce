// Registers, lists and removes the programs that may ask for tokens. A change and its audit row are one statement.
import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'
import { auditRow } from '../../src/audit/record.ts'
import type { AuditRow } from '../../src/db/queries/audit-events.ts'
import { type ClientRegistration, clientRegistration } from '../../src/oauth/client-registration.ts'

/** The secret is told once and stored as a hash. */
export async function addClient(
  databaseUrl: string,
  given: unknown,
): Promise<{ readonly client: ClientRegistration; readonly secret: string | null }> {
  const parsed = clientRegistration.safeParse(given)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new Error(`This client cannot be registered.\n${problems.join('\n')}`)
  }
  const client = parsed.data
  const secret = client.authMethod === 'client_secret_basic' ? randomBytes(32).toString('base64url') : null
  const hash = secret === null ? null : createHash('sha256').update(secret).digest('base64url')
  const [row] = await query(databaseUrl, insertClient, [
    client.id,
    client.name,
    client.isFirstParty,
    client.authMethod,
    hash,
    client.jwks === null ? null : JSON.stringify(client.jwks),
    client.redirectUris,
    client.postLogoutRedirectUris,
    client.backchannelLogoutUri,
    client.grantTypes,
    client.scopes,
    ...auditValues('client.added', client.id),
  ])
  if (row === undefined) throw new Error(`There is a client "${client.id}" already.`)
  return { client, secret }
}

export function listClients(databaseUrl: string): Promise<Record<string, unknown>[]> {
  return query(
    databaseUrl,
    `select id, name, is_first_party, auth_method, redirect_uris, grant_types, scopes, created_at,
        (select count(*)::integer from sessions s where s.client_id = c.id and s.ended_at is null and s.expires_at > now()) as sessions
      from oauth_clients c order by id`,
    [],
  )
}

/** Its sessions end with it. Returns how many those were, or null when there is no such client. */
export async function removeClient(databaseUrl: string, id: string): Promise<number | null> {
  const [row] = await query(databaseUrl, deleteClient, [id, ...auditValues('client.removed', id)])
  return row?.['removed'] === true ? Number(row['sessions']) : null
}

const insertAudit = (from: string, first: number): string =>
  `insert into audit_events (id, at, type, outcome, details)
    select $${first}::uuid, $${first + 1}::timestamptz, $${first + 2}, $${first + 3}, $${first + 4}::jsonb from ${from}`

const insertClient = `
  with changed as (
      insert into oauth_clients (id, name, is_first_party, auth_method, secret_hash, jwks, redirect_uris,
        post_logout_redirect_uris, backchannel_logout_uri, grant_types, scopes)
      values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11) on conflict (id) do nothing returning id),
    logged as (${insertAudit('changed', 12)})
  select id from changed`

const deleteClient = `
  with removed as (delete from oauth_clients where id = $1 returning id),
    ended as (
      update sessions set ended_at = now(), end_reason = 'client removed'
      where client_id = $1 and ended_at is null and exists (select 1 from removed) returning id),
    logged as (${insertAudit('removed', 2)})
  select exists (select 1 from removed) as removed, (select count(*) from ended) as sessions`

function auditValues(type: 'client.added' | 'client.removed', client: string): readonly unknown[] {
  const nowhere = { requestId: '', ip: null, userAgent: null }
  const row: AuditRow = auditRow(type, nowhere, { details: { client, by: 'command line' } }, Date.now())
  return [row.id, new Date(row.atMs).toISOString(), row.type, row.outcome, JSON.stringify(row.details)]
}

async function query(
  databaseUrl: string,
  text: string,
  values: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text, [...values])).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}
