// Registers, lists, changes and removes the programs that may ask for tokens, by the statements and rules of the
// administrators' API.
import { auditRow } from '../../src/audit/record.ts'
import type { AuditRow } from '../../src/db/queries/audit-events.ts'
import {
  addClientRecord,
  changeClientRecord,
  clientRecord,
  endedByClient,
  findClientRecord,
  listClientRecords,
  removeClientRecord,
  replaceClientSecret,
} from '../../src/db/queries/oauth-client-records.ts'
import { changeOf, clientFieldNames, shownClient } from '../../src/tokens/client-fields.ts'
import { type ClientRegistration, clientRegistration } from '../../src/tokens/client-registration.ts'
import { newClientSecret, secretFor } from '../../src/tokens/client-secret.ts'
import { query } from './query.ts'

/** The secret is told once and stored as a hash. */
export async function addClient(
  databaseUrl: string,
  given: unknown,
): Promise<{ readonly client: ClientRegistration; readonly secret: string | null }> {
  const client = registrationOf(given, 'registered')
  const made = secretFor(client)
  const statement = addClientRecord({ ...client, secretHash: made?.hash ?? null }, auditOf('client.added', client.id))
  const [row] = await query(databaseUrl, statement)
  if (row === undefined) throw new Error(`There is a client "${client.id}" already.`)
  return { client, secret: made?.secret ?? null }
}

const mostListed = 10_000

export async function listClients(databaseUrl: string): Promise<object[]> {
  return (await query(databaseUrl, listClientRecords(mostListed, null))).map((row) => shownClient(clientRecord(row)))
}

export interface ChangedClient {
  readonly secret: string | null
  readonly sessionsEnded: number
}

/** What is not given stays. Its sessions end where it may do less than before; null when there is no such client. */
export async function changeClient(
  databaseUrl: string,
  id: string,
  given: Partial<Readonly<Record<keyof ClientRegistration, unknown>>>,
): Promise<ChangedClient | null> {
  const [found] = await query(databaseUrl, findClientRecord(id))
  if (found === undefined) return null
  const before = clientRecord(found)
  const registered = Object.fromEntries(Object.values(clientFieldNames).map((name) => [name, before[name]]))
  const { client, secret, difference } = changeOf(before, registrationOf({ ...registered, ...given }, 'changed so'))
  const audit = auditOf('client.changed', id, difference)
  const [row] = await query(databaseUrl, changeClientRecord(client, before.version, audit))
  if (row === undefined) throw new Error(`Somebody changed "${id}" at the same time; look at it and try again.`)
  return { secret, sessionsEnded: endedByClient(row).length }
}

/** The one before is good for nothing from then on. */
export async function replaceSecret(databaseUrl: string, id: string): Promise<string> {
  const { secret, hash } = newClientSecret()
  const [row] = await query(databaseUrl, replaceClientSecret(id, hash, auditOf('client.secret-replaced', id)))
  if (row === undefined) throw new Error(`There is no client "${id}" that has a secret.`)
  return secret
}

/** Its sessions end with it. Returns how many those were, or null when there is no such client. */
export async function removeClient(databaseUrl: string, id: string): Promise<number | null> {
  const [row] = await query(databaseUrl, removeClientRecord(id, auditOf('client.removed', id)))
  return row === undefined ? null : endedByClient(row).length
}

function registrationOf(given: unknown, done: string): ClientRegistration {
  const parsed = clientRegistration.safeParse(given)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new Error(`This client cannot be ${done}.\n${problems.join('\n')}`)
}

function auditOf(
  type: 'client.added' | 'client.changed' | 'client.secret-replaced' | 'client.removed',
  client: string,
  details: Readonly<Record<string, string>> = {},
): AuditRow {
  const nowhere = { requestId: '', ip: null, userAgent: null }
  return auditRow(type, nowhere, { details: { client, ...details, by: 'command line' } }, Date.now())
}
