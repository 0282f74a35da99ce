// Spending a verification: by the link's token or by the code, exactly once, and the person is signed in.
import { auditRow } from '../../audit/record.ts'
import { type ChallengeKey, consumeVerification, repeatChallenge } from '../../db/queries/challenges.ts'
import { entryOf } from '../../db/queries/sign-in.ts'
import { textOrNull } from '../../db/values.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
import { type MailedAnswer, asksPerHour, challengeKey, refuseAnswer } from '../challenge.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { endOthers } from '../end-others.ts'
import { limited } from '../limited.ts'
import { mailVerification, newVerification } from './challenge.ts'

export interface Verified {
  readonly answer: LoginAnswer
  readonly returnTo: string | null
}

export async function verifyEmail(
  exchange: Exchange,
  answer: MailedAnswer & { readonly mode: LoginMode },
): Promise<Verified> {
  const key = await challengeKey(exchange, answer, 'verify-email')
  const spent = key === null ? null : await spend(exchange, key, answer.mode)
  return spent ?? refuseAnswer(exchange, answer, 'verify-email')
}

async function spend(exchange: Exchange, key: ChallengeKey, mode: LoginMode): Promise<Verified | null> {
  const { deps } = exchange
  const draft = draftSession(exchange, { userId: null, method: 'email-verification', amr: ['email'], aal: 1, mode })
  const facts = { sessionId: draft.session.id, details: { method: 'email-verification' } }
  const verified = auditRow('email.verified', auditSource(exchange), facts, deps.now())
  const [row] = await exchange.database.write(consumeVerification(key, draft, verified))
  if (row === undefined) return null
  const user = { ...entryOf(row), emailVerified: true }
  // Sessions from before the mailbox was proven may be somebody else's: the object forgets them within the second too.
  await endOthers(exchange, user, { exceptId: draft.session.id, reason: 'address verified' })
  return { answer: await completeLogin(exchange, user, draft), returnTo: textOrNull(row, 'return_to') }
}

/** Asks again, if there is anything to ask; the caller hears the same in every case. */
export async function resend(exchange: Exchange, email: string): Promise<void> {
  await limited(exchange, 'mail-message', email)
  const asked = newVerification(exchange, { passwordHash: null, returnTo: null })
  const rows = await exchange.database.write(repeatChallenge(email, asked.row, asksPerHour))
  await mailVerification(exchange, rows.length === 1 ? email : null, asked)
}
