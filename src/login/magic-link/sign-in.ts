// Signing in by a mail: a link for the device that reads it, a code for any other, one of the two, once.
import { auditRow } from '../../audit/record.ts'
import { type ChallengeKey, askByMail } from '../../db/queries/challenges.ts'
import { consumeMagicLink } from '../../db/queries/magic-links.ts'
import { entryOf } from '../../db/queries/sign-in.ts'
import { flag, textOrNull } from '../../db/values.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
import { minuteMs } from '../../kit/duration.ts'
import { type MailedAnswer, asksPerHour, challengeKey, newChallenge, refuseAnswer } from '../challenge.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { endOthers } from '../end-others.ts'
import { limited } from '../limited.ts'
import { assessRisk } from '../risk.ts'
import { type MailedQuestion, mailChallenge } from '../mail.ts'

const purpose = 'magic-link'
const question: MailedQuestion = { about: 'magicLink', page: '/magic-link', linkLifetimeMs: 10 * minuteMs }

/** Whoever asks hears the same after the same work, whether or not the account exists; the mail goes after the answer. */
export async function sendMagicLink(exchange: Exchange, email: string, returnTo: string | null): Promise<void> {
  await limited(exchange, 'mail-message', email)
  const { linkLifetimeMs } = question
  const asked = newChallenge(exchange, { purpose, linkLifetimeMs, passwordHash: null, returnTo })
  const audit = auditRow('magic-link.sent', auditSource(exchange), {}, exchange.deps.now())
  const ask = askByMail(email, asked.row, { maxPerHour: asksPerHour, audit })
  const rows = await exchange.database.write(ask)
  await mailChallenge(exchange, rows.length === 1 ? email : null, { asked, question })
}

export interface MagicSignIn {
  readonly answer: LoginAnswer
  readonly returnTo: string | null
}

export async function magicSignIn(
  exchange: Exchange,
  answer: MailedAnswer & { readonly mode: LoginMode },
): Promise<MagicSignIn> {
  const key = await challengeKey(exchange, answer, purpose)
  const spent = key === null ? null : await spend(exchange, key, answer.mode)
  return spent ?? refuseAnswer(exchange, answer, purpose)
}

async function spend(exchange: Exchange, key: ChallengeKey, mode: LoginMode): Promise<MagicSignIn | null> {
  const { deps } = exchange
  // Put on record and no more: who holds the mailbox has done what an unusual sign-in is asked for.
  const risk = await assessRisk(exchange, { challenge: key }, 0)
  const proof = { userId: null, method: purpose, amr: ['email'], aal: 1, mode } as const
  const draft = draftSession(exchange, { ...proof, risk: risk === null ? null : { ...risk, isEnforced: false } })
  const facts = { details: { method: purpose } }
  const verified = auditRow('email.verified', auditSource(exchange), facts, deps.now())
  const [row] = await exchange.database.write(consumeMagicLink(key, draft, verified))
  if (row === undefined) return null
  // The mailbox is proven by now, whatever the row said before.
  const user = { ...entryOf(row), emailVerified: true }
  if (flag(row, 'was_unproven'))
    await endOthers(exchange, user, { exceptId: draft.session.id, reason: 'address verified' })
  return { answer: await completeLogin(exchange, user, draft), returnTo: textOrNull(row, 'return_to') }
}
