// Signing in by a mail: a link or a code, one of the two, once. The code is good in the browser that asked; the link is too,
// and in any other one for whoever types the address, so that nobody is signed in as somebody else by a link they were sent.
import { askedAudits } from '../../audit/record.ts'
import { type ChallengeKey, askByMail } from '../../db/queries/challenges.ts'
import { consumeMagicLink } from '../../db/queries/magic-links.ts'
import { flag, textOrNull } from '../../db/values.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
import { minuteMs } from '../../kit/duration.ts'
import { askerOf } from '../asker.ts'
import { asksPerHour, challengeKey, newChallenge, refuseAnswer } from '../challenge.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { endOthers } from '../end-others.ts'
import { firstProofAudits, provenEntry } from '../first-proof.ts'
import { limitedMessage } from '../limited.ts'
import { assessRisk, forTheRecord } from '../risk.ts'
import { type MailedQuestion, mailChallenge } from '../mail.ts'

const purpose = 'magic-link'
const question: MailedQuestion = { about: 'magicLink', page: '/magic-link', linkLifetimeMs: 10 * minuteMs }

/** Whoever asks hears the same after the same work, whether or not the account exists; the mail goes after the answer. */
export async function sendMagicLink(exchange: Exchange, email: string, returnTo: string | null): Promise<void> {
  await limitedMessage(exchange, email)
  const { linkLifetimeMs } = question
  const asked = newChallenge(exchange, { purpose, linkLifetimeMs, passwordHash: null, returnTo })
  const audits = askedAudits('magic-link.sent', auditSource(exchange), { purpose, nowMs: exchange.deps.now() })
  const ask = askByMail(email, asked.row, { maxPerHour: asksPerHour, audits })
  const rows = await exchange.database.write(ask)
  await mailChallenge(exchange, rows.length === 1 ? email : null, { asked, question })
}

/** The address beside the token: typed by whoever opened the link elsewhere than it was asked for. */
export type MagicAnswer =
  | { readonly token: string; readonly email?: string | undefined }
  | { readonly email: string; readonly code: string }

export interface MagicSignIn {
  readonly answer: LoginAnswer
  readonly returnTo: string | null
}

export async function magicSignIn(
  exchange: Exchange,
  answer: MagicAnswer & { readonly mode: LoginMode },
): Promise<MagicSignIn> {
  const asker = askerOf(exchange)
  const key = await challengeKey(exchange, answer, { purpose, asker })
  const from = { browserHash: asker.browserHash, email: answer.email ?? null }
  const spent = key === null ? null : await spend(exchange, { key, from, mode: answer.mode })
  return spent ?? refuseAnswer(exchange, answer, purpose)
}

interface Spending {
  readonly key: ChallengeKey
  readonly from: { readonly browserHash: string | null; readonly email: string | null }
  readonly mode: LoginMode
}

async function spend(exchange: Exchange, { key, from, mode }: Spending): Promise<MagicSignIn | null> {
  // Put on record and no more: who holds the mailbox has done what an unusual sign-in is asked for.
  const risk = await assessRisk(exchange, { challenge: key }, 0)
  const proof = { userId: null, method: purpose, amr: ['email'], aal: 1, mode } as const
  const draft = draftSession(exchange, { ...proof, risk: forTheRecord(risk) })
  const audits = firstProofAudits(exchange, { details: { method: purpose } })
  const [row] = await exchange.database.write(consumeMagicLink(key, { ...from, audits }, draft))
  if (row === undefined) return null
  const user = provenEntry(row)
  if (flag(row, 'was_taken'))
    await endOthers(exchange, user, { exceptId: draft.session.id, reason: 'address verified' })
  return { answer: await completeLogin(exchange, user, draft), returnTo: textOrNull(row, 'return_to') }
}
