// What administrators change about the programs that may ask for tokens. A change, its guard and its audit row are one
// statement; where it ends sessions, their tokens are refused everywhere within a second.
import {
  type ClientRecord,
  addClientRecord,
  changeClientRecord,
  clientRecord,
  endedByClient,
  findClientRecord,
  removeClientRecord,
  replaceClientSecret,
} from '../db/queries/oauth-client-records.ts'
import type { Row } from '../db/database.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { tellObjects } from '../sessions/end-recorded.ts'
import { changeOf, fieldsOf } from '../tokens/client-fields.ts'
import { newClientSecret, secretFor } from '../tokens/client-secret.ts'
import { adminAction } from './action.ts'
import { registrationOf } from './client-fields.ts'

export interface Registered {
  readonly client: ClientRecord
  /** Told now and never again; null where there is none, or none that is new. */
  readonly secret: string | null
}

export async function getClient({ database }: Exchange, id: string): Promise<ClientRecord> {
  const [row] = await database.read(findClientRecord(id))
  if (row === undefined) throw new GatewayError(reject('not_found', 'client'))
  return clientRecord(row)
}

export async function addClient(exchange: Exchange): Promise<Registered> {
  const client = registrationOf(exchange.body.fields)
  const made = secretFor(client)
  const audit = adminAction(exchange, 'client.added', { details: { client: client.id } })
  const rows = await exchange.database.write(addClientRecord({ ...client, secretHash: made?.hash ?? null }, audit))
  if (rows.length === 0) throw new GatewayError(reject('conflict', 'client id taken'))
  return { client: await getClient(exchange, client.id), secret: made?.secret ?? null }
}

/** Fields that are left out stay as they are. */
export async function changeClient(exchange: Exchange, id: string): Promise<Registered> {
  const before = await getClient(exchange, id)
  const { fields } = exchange.body
  if ('id' in fields)
    throw new GatewayError({ ...reject('invalid_input', 'id'), fields: [{ path: 'id', reason: 'fixed' }] })
  const after = registrationOf({ ...fieldsOf(before), ...fields })
  const change = changeOf(before, after)
  const audit = adminAction(exchange, 'client.changed', { details: { client: id, ...change.difference } })
  const [row] = await exchange.database.write(changeClientRecord(change.client, before.version, audit))
  if (row === undefined) throw new GatewayError(reject('conflict', 'client changed meanwhile'))
  await tellOf(exchange, row)
  return { client: await getClient(exchange, id), secret: change.secret }
}

export async function replaceSecret(exchange: Exchange, id: string): Promise<string> {
  await getClient(exchange, id)
  const { secret, hash } = newClientSecret()
  const audit = adminAction(exchange, 'client.secret-replaced', { details: { client: id } })
  const rows = await exchange.database.write(replaceClientSecret(id, hash, audit))
  if (rows.length === 0) throw new GatewayError(reject('conflict', 'client without a secret'))
  return secret
}

export async function removeClient(exchange: Exchange, id: string): Promise<void> {
  const audit = adminAction(exchange, 'client.removed', { details: { client: id } })
  const [row] = await exchange.database.write(removeClientRecord(id, audit))
  if (row === undefined) throw new GatewayError(reject('not_found', 'client'))
  await tellOf(exchange, row)
}

function tellOf({ deps }: Exchange, row: Row): Promise<void> {
  return tellObjects(deps.sessions, endedByClient(row))
}
