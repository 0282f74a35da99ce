// Registers, lists and removes the programs that may ask for tokens, by the statements the administrators' API uses.
import { PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { auditRow } from '../../src/audit/record.ts'
import type { AuditRow } from '../../src/db/queries/audit-events.ts'
import type { Row, Statement } from '../../src/db/database.ts'
import {
  type ClientRecord,
  addClientRecord,
  clientRecord,
  endedByClient,
  listClientRecords,
  removeClientRecord,
} from '../../src/db/queries/oauth-client-records.ts'
import { type ClientRegistration, clientRegistration } from '../../src/tokens/client-registration.ts'
import { secretFor } from '../../src/tokens/client-secret.ts'

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
  const made = secretFor(client)
  const statement = addClientRecord({ ...client, secretHash: made?.hash ?? null }, auditOf('client.added', client.id))
  const [row] = await query(databaseUrl, statement)
  if (row === undefined) throw new Error(`There is a client "${client.id}" already.`)
  return { client, secret: made?.secret ?? null }
}

const mostListed = 10_000

export async function listClients(databaseUrl: string): Promise<object[]> {
  return (await query(databaseUrl, listClientRecords(mostListed, null))).map((row) => shown(clientRecord(row)))
}

/** Its sessions end with it. Returns how many those were, or null when there is no such client. */
export async function removeClient(databaseUrl: string, id: string): Promise<number | null> {
  const [row] = await query(databaseUrl, removeClientRecord(id, auditOf('client.removed', id)))
  return row === undefined ? null : endedByClient(row).length
}

function shown({ id, name, isFirstParty, authMethod, redirectUris, ...rest }: ClientRecord): object {
  const { grantTypes, scopes, createdAtMs, sessions } = rest
  return {
    id,
    name,
    is_first_party: isFirstParty,
    auth_method: authMethod,
    redirect_uris: redirectUris,
    grant_types: grantTypes,
    scopes,
    created_at: new Date(createdAtMs).toISOString(),
    sessions,
  }
}

function auditOf(type: 'client.added' | 'client.removed', client: string): AuditRow {
  const nowhere = { requestId: '', ip: null, userAgent: null }
  return auditRow(type, nowhere, { details: { client, by: 'command line' } }, Date.now())
}

const dialect = new PgDialect()

async function query(databaseUrl: string, statement: Statement): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { sql: text, params } = dialect.sqlToQuery(statement)
    return (await client.query(text, params)).rows as Row[]
  } finally {
    await client.end()
  }
}
