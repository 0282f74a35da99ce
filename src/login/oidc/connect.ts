// Connecting a provider to one's account and disconnecting it: a way in comes or goes, so it needs a proof of the last
// minutes, ends all other sessions, and is told to the owner by mail.
import { v7 as uuidv7 } from 'uuid'
import { auditRow } from '../../audit/record.ts'
import { connectIdentity, disconnectIdentity } from '../../db/queries/identities.ts'
import { flag } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, principalOf, reject } from '../../exchange.ts'
import { goTo } from '../../forms/answer.ts'
import { endOthers } from '../end-others.ts'
import { mailChanged } from '../mail.ts'
import { requireOwner, requireProvenOwner } from '../require-owner.ts'
import type { ProviderClient } from './provider.ts'

/** After the way there and back: in the session that it began in, or one of the same person. */
export async function finishConnecting(
  exchange: Exchange,
  given: { readonly client: ProviderClient; readonly identity: string; readonly userId: string },
): Promise<Response> {
  const { deps } = exchange
  if (principalOf(exchange)?.userId !== given.userId)
    throw new GatewayError(reject('sign_in_expired', 'another session than it began in'))
  const { userId, sessionId, shard, email } = await requireProvenOwner(exchange)
  const { provider } = given.client
  const facts = { userId, sessionId, details: { method: provider.id, issuer: provider.issuer } }
  const audit = auditRow('identity.linked', auditSource(exchange), facts, deps.now())
  const identity = { identityId: uuidv7(), identity: given.identity }
  const [row] = await exchange.database.write(connectIdentity(userId, identity, audit))
  const isAdded = row !== undefined && flag(row, 'is_added')
  if (!isAdded && (row === undefined || !flag(row, 'is_own')))
    throw new GatewayError(reject('identity_taken', 'identity of another user'))
  if (isAdded) {
    await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'identity connected' })
    mailChanged(exchange, email, 'identity_connected')
  }
  return goTo(`${deps.settings.config.basePath}/account/connections?notice=identity_connected`)
}

export async function disconnect(exchange: Exchange, { provider }: ProviderClient): Promise<void> {
  const { deps } = exchange
  const { userId, sessionId, shard, email } = await requireOwner(exchange)
  const others = [...deps.identityProviders.values()].map((one) => one.provider.issuer)
  const facts = { userId, sessionId, details: { method: provider.id, issuer: provider.issuer } }
  const audit = auditRow('identity.removed', auditSource(exchange), facts, deps.now())
  const ways = {
    issuer: provider.issuer,
    others: others.filter((issuer) => issuer !== provider.issuer),
    mailboxOpens: deps.settings.config.login.magicLink,
    passkeyOpens: deps.passkeys !== null,
  }
  const [row] = await exchange.database.write(disconnectIdentity(userId, ways, audit))
  if (row === undefined || !flag(row, 'was_there')) throw new GatewayError(reject('not_found', 'not connected'))
  if (!flag(row, 'is_removed')) throw new GatewayError(reject('last_way_in', 'no other way in'))
  await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'identity disconnected' })
  mailChanged(exchange, email, 'identity_disconnected')
}
