// Adding a passkey. It needs a proof of the last minutes, ends all other sessions and is told to the owner by mail: whoever
// sits at somebody else's session must not be able to do it unnoticed.
import { v7 as uuidv7 } from 'uuid'
import { auditRow } from '../../audit/record.ts'
import { type NewPasskey, type Passkey, addPasskey, keepHandle } from '../../db/queries/passkeys.ts'
import { number, text } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { requireRecent } from '../../forms/require-recent.ts'
import { randomToken } from '../../kit/random.ts'
import { textsFor } from '../../language.ts'
import { deviceText } from '../../pages/device-name.ts'
import type { Lease } from '../../sessions/gate.ts'
import { endOthers } from '../end-others.ts'
import { mailChanged } from '../mail.ts'
import { ask, spend } from './challenge.ts'
import { type CreationOptions, creationOptions } from './creation-options.ts'
import { isDecoy } from './decoys.ts'
import type { Attestation } from './fields.ts'
import { inNewTables } from './new-tables.ts'
import { requireProvenOwner } from '../require-owner.ts'
import type { PasskeySite } from './site.ts'
import { type CreatedPasskey, verifyAttestation } from './verify-attestation.ts'

/** More than anybody has devices; a list that grows without end would be sent along with every question. */
export const mostPasskeys = 20

export async function startPasskey(exchange: Exchange, site: PasskeySite): Promise<CreationOptions> {
  const { userId, email, name, sessionId } = await requireProvenOwner(exchange)
  const [row] = await inNewTables(() => exchange.database.write(keepHandle(userId, randomToken(32))))
  const asked = { kind: 'person', userId } as const
  const question = await ask(exchange, { purpose: 'passkey-add', asker: sessionId, asked })
  if (row === undefined || question === null) throw new GatewayError(reject('unauthenticated', 'account gone'))
  if (question.allowed.length >= mostPasskeys) throw tooMany()
  const user = { id: text(row, 'handle'), name: email, displayName: name ?? email }
  return creationOptions(site, { question, user, siteName: exchange.deps.settings.config.theme.name })
}

export interface PasskeyOffer {
  readonly challengeId: string
  readonly response: Attestation
  readonly name: string | null
}

export async function finishPasskey(exchange: Exchange, site: PasskeySite, offer: PasskeyOffer): Promise<Passkey> {
  const { deps } = exchange
  const principal = await requireProvenOwner(exchange)
  const { userId, sessionId, shard, email } = principal
  const { id: credentialId, response } = offer.response
  const given = { challengeId: offer.challengeId, credentialId, clientDataJSON: response.clientDataJSON }
  await spend(exchange, given, { purposes: ['passkey-add'], asker: sessionId })
  const created = await verifyAttestation(site, offer.response)
  if (created === null) throw await refusedOffer(exchange, principal)
  const passkey = newPasskey(exchange, principal, { created, offer })
  const facts = { userId, sessionId, details: { factor: 'passkey', passkey: passkey.id } }
  const audit = auditRow('factor.added', auditSource(exchange), facts, deps.now())
  const add = addPasskey(passkey, { aal: principal.aal, most: mostPasskeys }, audit)
  const [row] = isDecoy(site.decoyKey, created.credentialId) ? [] : await exchange.database.write(add)
  if (row === undefined || text(row, 'outcome') === 'exists')
    throw new GatewayError(reject('passkey_exists', 'credential id'))
  if (text(row, 'outcome') === 'weak') requireRecent(exchange, { aal: 2 })
  if (text(row, 'outcome') !== 'added') throw tooMany()
  await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'passkey added' })
  await mailChanged(exchange, email, 'passkey_added')
  return { ...passkey, createdAtMs: number(row, 'created_at_ms'), lastUsedAtMs: null }
}

function newPasskey(
  exchange: Exchange,
  { userId }: Lease['principal'],
  { created, offer }: { readonly created: CreatedPasskey; readonly offer: PasskeyOffer },
): NewPasskey {
  const name = offer.name ?? deviceText(exchange.client.userAgent, textsFor(exchange).account)
  const transports = [...new Set(offer.response.response.transports)].filter((one) => /^[a-z-]{1,32}$/.test(one))
  return { ...created, id: uuidv7(), userId, transports, name }
}

async function refusedOffer(exchange: Exchange, { userId, sessionId }: Lease['principal']): Promise<GatewayError> {
  const facts = { userId, sessionId, reason: 'enrolment', details: { method: 'passkey' } }
  await exchange.deps.audit.record('factor.failed', auditSource(exchange), facts)
  return new GatewayError(reject('passkey_refused', 'enrolment'))
}

function tooMany(): GatewayError {
  return new GatewayError(reject('too_many_passkeys', 'passkeys'))
}
