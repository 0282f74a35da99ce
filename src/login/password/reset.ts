// A new password for whoever holds the mailbox: asked for by an address, chosen with the link or the code, once. Signing
// in comes after it and asks for the second factor as ever.
import { askedAudits, auditRow } from '../../audit/record.ts'
import { askByMail, findQuestion, openQuestion } from '../../db/queries/challenges.ts'
import { consumeReset, resetAccount } from '../../db/queries/passwords.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
import { minuteMs } from '../../kit/duration.ts'
import { askerOf } from '../asker.ts'
import { type MailedAnswer, asksPerHour, challengeKey, newChallenge, refuseAnswer } from '../challenge.ts'
import { endOthers } from '../end-others.ts'
import { forgiveAll } from '../guess.ts'
import { limitedMessage } from '../limited.ts'
import { type MailedQuestion, mailChallenge, mailChanged } from '../mail.ts'
import { hashMailed } from './mailed-password.ts'
import { refuseKnown } from './new-password.ts'

const purpose = 'reset-password'
const question: MailedQuestion = { about: 'reset', page: '/reset', linkLifetimeMs: 10 * minuteMs }

/** Whoever asks hears the same after the same work, whether or not the account exists; the mail goes after the answer. */
export async function forgotPassword(exchange: Exchange, email: string): Promise<void> {
  await limitedMessage(exchange, email)
  const { linkLifetimeMs } = question
  const asked = newChallenge(exchange, { purpose, linkLifetimeMs, passwordHash: null, returnTo: null })
  const audits = askedAudits('password.reset-asked', auditSource(exchange), { purpose, nowMs: exchange.deps.now() })
  const ask = askByMail(email, asked.row, { maxPerHour: asksPerHour, audits })
  const rows = await exchange.database.write(ask)
  await mailChallenge(exchange, rows.length === 1 ? email : null, { asked, question })
}

export async function resetPassword(exchange: Exchange, answer: MailedAnswer, newPassword: string): Promise<void> {
  const { deps, client } = exchange
  const asker = askerOf(exchange)
  // First: a password that is refused must not cost the code a try.
  await refuseKnown(exchange, { password: newPassword, field: 'new_password', email: null })
  const key = await challengeKey(exchange, answer, { purpose, asker })
  const [found] = key === null ? [] : await exchange.database.read(findQuestion(key, purpose, asker))
  if (key === null || found === undefined) return refuseAnswer(exchange, answer, purpose)
  const hash = await hashMailed(exchange, { key, purpose, email: openQuestion(found).email }, newPassword)
  if (hash === null) return refuseAnswer(exchange, answer, purpose)
  const [source, nowMs] = [auditSource(exchange), deps.now()]
  const audits = {
    reset: auditRow('password.reset', source, {}, nowMs),
    takenOver: auditRow('account.taken-over', source, { details: { method: purpose } }, nowMs),
  }
  const [row] = await exchange.database.write(consumeReset(key, { hash, ip: client.ip, audits }))
  if (row === undefined) return refuseAnswer(exchange, answer, purpose)
  const account = resetAccount(row)
  await endOthers(exchange, account, { exceptId: null, reason: 'password reset' })
  await forgiveAll(exchange, account)
  await mailChanged(exchange, account.email, 'password_changed')
}
