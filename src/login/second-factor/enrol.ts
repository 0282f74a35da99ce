// Setting up an authenticator app, replacing the backup codes, removing both. Each ends all other sessions and is told to
// the owner by mail: whoever sits at somebody else's session must not be able to do it unnoticed.
import { auditRow } from '../../audit/record.ts'
import {
  confirmTotp,
  findOfferedTotp,
  offerTotp,
  reissueBackupCodes,
  removeTotp,
} from '../../db/queries/enrol-factor.ts'
import { text } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { requireProvenMailbox } from '../../forms/require-proven-mailbox.ts'
import { requireRecent } from '../../forms/require-recent.ts'
import type { Lease } from '../../sessions/gate.ts'
import { draftSession, openSession } from '../complete.ts'
import { endOthers } from '../end-others.ts'
import { mailChanged } from '../mail.ts'
import { hashBackupCode, newBackupCodes } from './backup-codes.ts'
import { openSecret } from './open-secret.ts'
import { totpPlace } from '../../tokens/totp-place.ts'
import { newTotpSecret, otpauthUrl, totpStep } from './totp.ts'

export interface OfferedTotp {
  readonly secret: string
  readonly otpauthUrl: string
}

export async function startTotp(exchange: Exchange): Promise<OfferedTotp> {
  const { deps } = exchange
  const principal = requireRecent(exchange, { aal: 1 })
  requireProvenMailbox(principal)
  const secret = newTotpSecret()
  const sealed = await deps.sealed.seal(secret, totpPlace(principal.userId))
  const rows = await exchange.database.write(offerTotp(principal.userId, sealed))
  if (rows.length === 0) throw new GatewayError(reject('factor_exists', 'authenticator app'))
  return shown(exchange, principal, secret)
}

/** The offer that is open, to be shown again; null where there is none. */
export async function offeredTotp(exchange: Exchange): Promise<OfferedTotp | null> {
  const principal = requireRecent(exchange, { aal: 1 })
  const offer = await openOffer(exchange, principal)
  return offer === null ? null : shown(exchange, principal, offer.secret)
}

/** The backup codes, which nobody can be shown again. The session at hand goes on as a new one that knows of the factor. */
export async function finishTotp(exchange: Exchange, code: string): Promise<readonly string[]> {
  const { deps } = exchange
  const principal = requireRecent(exchange, { aal: 1 })
  requireProvenMailbox(principal)
  const offer = await openOffer(exchange, principal)
  const step = offer === null ? null : totpStep(offer.secret, code, deps.now())
  if (offer === null || step === null) throw await refusedCode(exchange, principal)
  const { userId, email } = principal
  const codes = newBackupCodes()
  const amr = [...new Set([...principal.amr, 'otp', 'mfa'])]
  const draft = draftSession(exchange, { userId, method: 'totp', amr, aal: 2, mode: 'cookie' })
  const facts = { userId, sessionId: draft.session.id, details: { factor: 'totp' } }
  const confirmation = {
    sealedSecret: offer.sealed,
    step,
    codeHashes: codes.map((one) => hashBackupCode(deps.backupCodeKey, userId, one)),
    session: draft.session,
    audit: auditRow('factor.added', auditSource(exchange), facts, deps.now()),
  }
  const rows = await exchange.database.write(confirmTotp(userId, confirmation))
  if (rows.length === 0) throw await refusedCode(exchange, principal)
  await openSession(exchange, { ...principal, id: userId }, draft)
  await endOthers(
    exchange,
    { id: userId, shard: principal.shard },
    { exceptId: draft.session.id, reason: 'factor added' },
  )
  await mailChanged(exchange, email, 'factor_added')
  return codes
}

export async function newCodes(exchange: Exchange): Promise<readonly string[]> {
  const { deps } = exchange
  const { userId, sessionId, shard, email } = requireRecent(exchange, { aal: 2 })
  const codes = newBackupCodes()
  const hashes = codes.map((one) => hashBackupCode(deps.backupCodeKey, userId, one))
  const audit = auditRow('backup-codes.reissued', auditSource(exchange), { userId, sessionId }, deps.now())
  const rows = await exchange.database.write(reissueBackupCodes(userId, hashes, audit))
  if (rows.length === 0) throw new GatewayError(reject('not_found', 'no second factor'))
  await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'backup codes reissued' })
  await mailChanged(exchange, email, 'codes_reissued')
  return codes
}

export async function removeFactor(exchange: Exchange): Promise<void> {
  const { deps } = exchange
  const { userId, sessionId, shard, email } = requireRecent(exchange, { aal: 2 })
  const facts = { userId, sessionId, details: { factor: 'totp' } }
  const audit = auditRow('factor.removed', auditSource(exchange), facts, deps.now())
  const rows = await exchange.database.write(removeTotp(userId, audit))
  if (rows.length === 0) throw new GatewayError(reject('not_found', 'no second factor'))
  await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'factor removed' })
  await mailChanged(exchange, email, 'factor_removed')
}

async function openOffer(
  { deps, database }: Exchange,
  { userId }: Lease['principal'],
): Promise<{ secret: string; sealed: string } | null> {
  const [row] = await database.read(findOfferedTotp(userId))
  if (row === undefined) return null
  const sealed = text(row, 'secret')
  return { sealed, secret: (await openSecret(deps, userId, sealed)).text }
}

function shown({ deps }: Exchange, { email }: Lease['principal'], secret: string): OfferedTotp {
  return { secret, otpauthUrl: otpauthUrl(secret, { issuer: deps.settings.config.theme.name, email }) }
}

async function refusedCode(exchange: Exchange, { userId, sessionId }: Lease['principal']): Promise<GatewayError> {
  const facts = { userId, sessionId, reason: 'enrolment', details: { method: 'totp' } }
  await exchange.deps.audit.record('factor.failed', auditSource(exchange), facts)
  return new GatewayError(reject('invalid_or_expired', 'enrolment'))
}
