// A new password for whoever holds the mailbox: asked for by an address, chosen with the link or the code, once. Signing
// in comes after it and asks for the second factor as ever.
import { auditRow } from '../../audit/record.ts'
import { askByMail } from '../../db/queries/challenges.ts'
import { claimReset, consumeReset, findReset, resetAccount } from '../../db/queries/passwords.ts'
import { text } from '../../db/values.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
import { minuteMs } from '../../kit/duration.ts'
import { type MailedAnswer, asksPerHour, challengeKey, newChallenge, refuseAnswer } from '../challenge.ts'
import { endOthers } from '../end-others.ts'
import { forgiveAll } from '../guess.ts'
import { limitedMessage } from '../limited.ts'
import { type MailedQuestion, mailChallenge, mailChanged } from '../mail.ts'
import { refuseCommon, refuseKnown } from './new-password.ts'
import { passwordsFor } from './passwords-for.ts'

const purpose = 'reset-password'
const question: MailedQuestion = { about: 'reset', page: '/reset', linkLifetimeMs: 10 * minuteMs }

/** Whoever asks hears the same after the same work, whether or not the account exists; the mail goes after the answer. */
export async function forgotPassword(exchange: Exchange, email: string): Promise<void> {
  await limitedMessage(exchange, email)
  const { linkLifetimeMs } = question
  const asked = newChallenge(exchange, { purpose, linkLifetimeMs, passwordHash: null, returnTo: null })
  const audit = auditRow('password.reset-asked', auditSource(exchange), {}, exchange.deps.now())
  const ask = askByMail(email, asked.row, { maxPerHour: asksPerHour, audit })
  const rows = await exchange.database.write(ask)
  await mailChallenge(exchange, rows.length === 1 ? email : null, { asked, question })
}

export async function resetPassword(exchange: Exchange, answer: MailedAnswer, newPassword: string): Promise<void> {
  const { deps, client } = exchange
  // First: a password that is refused must not cost the code a try.
  await refuseKnown(exchange, { password: newPassword, field: 'new_password', email: null })
  const key = await challengeKey(exchange, answer, purpose)
  const [found] = key === null ? [] : await exchange.database.read(findReset(key))
  if (key === null || found === undefined) return refuseAnswer(exchange, answer, purpose)
  refuseCommon(exchange, { password: newPassword, field: 'new_password', email: text(found, 'email') })
  const claimed = await exchange.database.write(claimReset(key))
  if (claimed.length === 0) return refuseAnswer(exchange, answer, purpose)
  const hash = await passwordsFor(exchange, true).hash(newPassword)
  const audit = auditRow('password.reset', auditSource(exchange), {}, deps.now())
  const [row] = await exchange.database.write(consumeReset(key, { hash, ip: client.ip, audit }))
  if (row === undefined) return refuseAnswer(exchange, answer, purpose)
  const account = resetAccount(row)
  await endOthers(exchange, account, { exceptId: null, reason: 'password reset' })
  await forgiveAll(exchange, account)
  await mailChanged(exchange, account.email, 'password_changed')
}
