// A person's passkeys: which there are, what they are called, and the end of one. Removing needs a proof of the last minutes,
// ends all other sessions and is told to the owner by mail, as adding one is.
import { auditRow } from '../../audit/record.ts'
import { type Passkey, findPasskeys, passkeyOf, removePasskey, renamePasskey } from '../../db/queries/passkeys.ts'
import { orNone } from '../../db/missing-tables.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { requireSession } from '../../forms/require-session.ts'
import { endOthers } from '../end-others.ts'
import { mailChanged } from '../mail.ts'
import { inNewTables } from './new-tables.ts'
import { requireOwner } from '../require-owner.ts'

export async function ownPasskeys(exchange: Exchange): Promise<readonly Passkey[]> {
  const { userId } = requireSession(exchange).lease.principal
  return (await orNone(() => exchange.database.read(findPasskeys(userId)))).map(passkeyOf)
}

export async function namePasskey(exchange: Exchange, id: string, name: string): Promise<Passkey> {
  const { userId, sessionId } = requireSession(exchange).lease.principal
  const facts = { userId, sessionId, details: { passkey: id } }
  const audit = auditRow('passkey.renamed', auditSource(exchange), facts, exchange.deps.now())
  const [row] = await inNewTables(() => exchange.database.write(renamePasskey(userId, { id, name }, audit)))
  if (row === undefined) throw new GatewayError(reject('not_found', 'no such passkey'))
  return passkeyOf(row)
}

export async function dropPasskey(exchange: Exchange, id: string): Promise<void> {
  const { userId, sessionId, shard, email } = await requireOwner(exchange)
  const facts = { userId, sessionId, details: { factor: 'passkey', passkey: id } }
  const audit = auditRow('factor.removed', auditSource(exchange), facts, exchange.deps.now())
  const rows = await inNewTables(() => exchange.database.write(removePasskey(userId, id, audit)))
  if (rows.length === 0) throw new GatewayError(reject('not_found', 'no such passkey'))
  await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'passkey removed' })
  await mailChanged(exchange, email, 'passkey_removed')
}
