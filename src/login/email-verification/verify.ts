// Spending a verification: by the link's token or by the code, exactly once, and the person is signed in.
import { askedAudits } from '../../audit/record.ts'
import {
  type Asker,
  type ChallengeKey,
  findQuestion,
  openQuestion,
  repeatChallenge,
} from '../../db/queries/challenges.ts'
import { consumeVerification } from '../../db/queries/verifications.ts'
import { textOrNull } from '../../db/values.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
import { askerOf } from '../asker.ts'
import { type MailedAnswer, asksPerHour, challengeKey, refuseAnswer } from '../challenge.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { endOthers } from '../end-others.ts'
import { firstProofAudits, provenEntry } from '../first-proof.ts'
import { limitedMessage } from '../limited.ts'
import { hashMailed } from '../password/mailed-password.ts'
import { refuseKnown } from '../password/new-password.ts'
import { mailVerification, newVerification } from './challenge.ts'

const purpose = 'verify-email'

export interface Verified {
  readonly answer: LoginAnswer
  readonly returnTo: string | null
}

export async function verifyEmail(
  exchange: Exchange,
  answer: MailedAnswer & { readonly mode: LoginMode; readonly new_password?: string | undefined },
): Promise<Verified> {
  const { new_password: newPassword, mode } = answer
  const asker = askerOf(exchange)
  // First: a password that is refused must not cost the code a try.
  if (newPassword !== undefined)
    await refuseKnown(exchange, { password: newPassword, field: 'new_password', email: null })
  const key = await challengeKey(exchange, answer, { purpose, asker })
  const spent = key === null ? null : await spend(exchange, { key, asker, newPassword, mode })
  return spent ?? refuseAnswer(exchange, answer, purpose)
}

interface Spending {
  readonly key: ChallengeKey
  readonly asker: Asker
  readonly newPassword: string | undefined
  readonly mode: LoginMode
}

async function spend(exchange: Exchange, { key, asker, newPassword, mode }: Spending): Promise<Verified | null> {
  const newHash = newPassword === undefined ? null : await hashOf(exchange, { key, asker }, newPassword)
  if (newPassword !== undefined && newHash === null) return null
  const draft = draftSession(exchange, { userId: null, method: 'email-verification', amr: ['email'], aal: 1, mode })
  const facts = { sessionId: draft.session.id, details: { method: 'email-verification' } }
  const audits = firstProofAudits(exchange, facts)
  const [row] = await exchange.database.write(consumeVerification(key, { asker, newHash, audits }, draft))
  if (row === undefined) return null
  const user = provenEntry(row)
  // Sessions from before the mailbox was proven may be somebody else's: the object forgets them within the second too.
  await endOthers(exchange, user, { exceptId: draft.session.id, reason: 'address verified' })
  return { answer: await completeLogin(exchange, user, draft), returnTo: textOrNull(row, 'return_to') }
}

async function hashOf(
  exchange: Exchange,
  { key, asker }: Pick<Spending, 'key' | 'asker'>,
  password: string,
): Promise<string | null> {
  const [row] = await exchange.database.read(findQuestion(key, purpose, asker))
  return row === undefined ? null : hashMailed(exchange, { key, purpose, email: openQuestion(row).email }, password)
}

/** Asks again, if there is anything to ask; the caller hears the same in every case. */
export async function resend(exchange: Exchange, email: string): Promise<void> {
  await limitedMessage(exchange, email)
  const asked = newVerification(exchange, { passwordHash: null, returnTo: null })
  const audits = askedAudits('verification.sent', auditSource(exchange), { purpose, nowMs: exchange.deps.now() })
  const ask = repeatChallenge(email, asked.row, { maxPerHour: asksPerHour, audits })
  const rows = await exchange.database.write(ask)
  await mailVerification(exchange, rows.length === 1 ? email : null, asked)
}
