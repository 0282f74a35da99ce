// Spending a verification: by the link's token or by the code, exactly once, and the person is signed in.
import { auditRow } from '../../audit/record.ts'
import {
  type ChallengeKey,
  consumeVerification,
  countCodeAttempt,
  repeatChallenge,
  verifiedUser,
} from '../../db/queries/challenges.ts'
import { text } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { endByObject } from '../../sessions/end-presented.ts'
import { hashSecret, isSameHash } from '../../sessions/token.ts'
import { type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { limited } from '../limited.ts'
import { hashCode, maxCodeAttempts, newVerification } from './challenge.ts'
import { mailVerification } from './mail.ts'

export type Answer = { readonly mode: LoginMode } & (
  | { readonly token: string }
  | { readonly email: string; readonly code: string }
)

export interface Verified {
  readonly body: Readonly<Record<string, unknown>>
  readonly returnTo: string | null
}

const resendsPerHour = 5
const noUser = '00000000-0000-7000-8000-000000000000'

export async function verifyEmail(exchange: Exchange, answer: Answer): Promise<Verified> {
  const key = 'token' in answer ? { tokenHash: hashSecret(answer.token) } : await checkCode(exchange, answer)
  const spent = key === null ? null : await spend(exchange, key, answer.mode)
  if (spent !== null) return spent
  const facts = { reason: 'token' in answer ? 'link' : 'code', details: { purpose: 'verify-email' } }
  await exchange.deps.audit.record('challenge.failed', auditSource(exchange), facts)
  throw new GatewayError(reject('invalid_or_expired', facts.reason))
}

/** The try is counted before the code is compared; the comparison takes the same time for every wrong code. */
async function checkCode(
  { deps, database }: Exchange,
  answer: { email: string; code: string },
): Promise<ChallengeKey | null> {
  const [row] = await database.write(countCodeAttempt(answer.email, 'verify-email', maxCodeAttempts))
  if (row === undefined) return null
  return isSameHash(hashCode(deps.codeKey, answer.code), text(row, 'code_hash')) ? { id: text(row, 'id') } : null
}

async function spend(exchange: Exchange, key: ChallengeKey, mode: LoginMode): Promise<Verified | null> {
  const { deps } = exchange
  const draft = draftSession(exchange, { userId: noUser, amr: ['email'], mode })
  const source = auditSource(exchange)
  const facts = { sessionId: draft.session.id, details: { method: 'email-verification' } }
  const audits = {
    verified: auditRow('email.verified', source, facts, deps.now()),
    started: auditRow('login.succeeded', source, facts, deps.now()),
  }
  const [row] = await exchange.database.write(consumeVerification(key, draft.session, audits))
  if (row === undefined) return null
  const user = verifiedUser(row)
  await endUnproven(exchange, user, draft.session.id)
  return { body: await completeLogin(exchange, { ...user, emailVerified: true }, draft), returnTo: user.returnTo }
}

/** Sessions from before the mailbox was proven may be somebody else's: the object forgets them within the second too. */
async function endUnproven(exchange: Exchange, user: { id: string; shard: string }, exceptId: string): Promise<void> {
  const { deps } = exchange
  const reason = 'address verified'
  const audit = auditRow('session.ended', auditSource(exchange), { userId: user.id, reason }, deps.now())
  const which = { kind: 'all', beforeMs: deps.now(), exceptId } as const
  await endByObject(exchange, user.shard, { userId: user.id, which, reason, audit })
}

/** Asks again, if there is anything to ask; the caller hears the same in every case. */
export async function resend(exchange: Exchange, email: string): Promise<void> {
  await limited(exchange, 'mail-message', email)
  const asked = newVerification(exchange, { passwordHash: null, returnTo: null })
  const rows = await exchange.database.write(repeatChallenge(email, asked.row, resendsPerHour))
  if (rows.length === 1) mailVerification(exchange, email, asked)
}
