// Making a phone one's own: to sign in with, or to be asked second. Each change ends all other sessions and is told to the owner
// by mail: whoever sits at somebody else's session must not be able to do it unnoticed.
import { auditRow } from '../../audit/record.ts'
import { factorsOf, findFactors } from '../../db/queries/factors.ts'
import {
  type OwnPhone,
  type PhoneUse,
  askToEnrol,
  confirmPhone,
  countUserAttempt,
  findPhone,
  ownPhone,
  removePhone,
} from '../../db/queries/phones.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { requireProvenMailbox } from '../../forms/require-proven-mailbox.ts'
import { requireRecent } from '../../forms/require-recent.ts'
import type { SessionPrincipal } from '../../identity/principal.ts'
import { draftSession, openSession } from '../complete.ts'
import { endOthers } from '../end-others.ts'
import { mailChanged } from '../mail.ts'
import { numberOf } from '../../phone-field.ts'
import { browserOf, checkCode, countUsed, mostTries, refuseCode, sendCode } from './code.ts'

const purpose = 'phone-enrolment'

export async function findOwnPhone(exchange: Exchange, userId: string): Promise<OwnPhone | null> {
  const [row] = await exchange.database.read(findPhone(userId))
  return row === undefined ? null : ownPhone(row)
}

export async function startEnrolment(exchange: Exchange, given: { phone: string; use: PhoneUse }): Promise<void> {
  const { userId } = await requireOwner(exchange)
  const phone = numberOf(exchange, given.phone)
  const audit = auditRow(
    'phone-code.sent',
    auditSource(exchange),
    { userId, details: { purpose } },
    exchange.deps.now(),
  )
  const about = { phone, use: given.use, returnTo: null }
  const { isAsked } = await sendCode(exchange, about, (code) => askToEnrol(userId, code, audit))
  if (!isAsked) throw new GatewayError(reject('factor_exists', 'phone'))
}

/** The session at hand goes on as a new one that knows of the phone. */
export async function finishEnrolment(exchange: Exchange, code: string): Promise<void> {
  const { deps } = exchange
  const principal = await requireOwner(exchange)
  const { userId, shard, email } = principal
  const question = { purpose, browserHash: browserOf(exchange), maxAttempts: mostTries } as const
  const answered = await checkCode(exchange, countUserAttempt(userId, question), code)
  if (answered === null) return refuseCode(exchange, purpose, userId)
  const { id, use } = answered
  const isFactor = use === 'second-factor'
  const amr = [...new Set([...principal.amr, 'sms', ...(isFactor ? ['mfa'] : [])])]
  const aal = isFactor ? 2 : principal.aal
  const draft = draftSession(exchange, { userId, method: 'phone', amr, aal, mode: 'cookie' })
  const facts = { userId, sessionId: draft.session.id, details: { factor: 'phone', use } }
  const audit = auditRow('factor.added', auditSource(exchange), facts, deps.now())
  const rows = await exchange.database.write(confirmPhone(id, userId, { session: draft.session, audit }))
  // Told to whoever has just proven the number: it signs somebody else in.
  if (rows.length === 0) throw new GatewayError(reject('phone_taken', 'number of another account'))
  await openSession(exchange, { ...principal, id: userId }, draft)
  countUsed(exchange, answered.number)
  await endOthers(exchange, { id: userId, shard }, { exceptId: draft.session.id, reason: 'phone added' })
  await mailChanged(exchange, email, 'phone_added')
}

export async function removeOwnPhone(exchange: Exchange): Promise<void> {
  const { userId, sessionId, shard, email } = await requireOwner(exchange)
  const facts = { userId, sessionId, details: { factor: 'phone' } }
  const audit = auditRow('factor.removed', auditSource(exchange), facts, exchange.deps.now())
  const rows = await exchange.database.write(removePhone(userId, audit))
  if (rows.length === 0) throw new GatewayError(reject('not_found', 'no phone'))
  await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'phone removed' })
  await mailChanged(exchange, email, 'phone_removed')
}

/** Proven in the last minutes, and by the second factor where there is one: a phone is a way around it. */
async function requireOwner(exchange: Exchange): Promise<SessionPrincipal> {
  const principal = requireRecent(exchange, { aal: 1 })
  requireProvenMailbox(principal)
  const [row] = await exchange.database.read(findFactors(principal.userId))
  const hasFactor = row !== undefined && factorsOf(row).methods.length > 0
  return hasFactor ? requireRecent(exchange, { aal: 2 }) : principal
}
