// A text as the second half of a login: asked for by whoever holds the token of the first, sent to the phone that the account
// is asked second. Its tries count on the pause as well, so that a new text is not five new guesses.
import { enterByFactor } from '../../db/queries/factors.ts'
import { askForFactor, countPausedCode, findPausedPhone } from '../../db/queries/phones.ts'
import { entryOf } from '../../db/queries/sign-in.ts'
import { auditRow } from '../../audit/record.ts'
import { text, textOrNull, texts } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { hashSecret } from '../../sessions/token.ts'
import { type LoginAnswer, type LoginMode, draftSession, openSession } from '../complete.ts'
import { numberOf } from '../../phone-field.ts'
import { browserOf, countUsed, isRight, mostTries, sendCode } from './code.ts'

const purpose = 'phone-factor'

/** Returns the number, for the page to show a part of. */
export async function startSmsFactor(exchange: Exchange, token: string): Promise<string> {
  const [row] = await exchange.database.read(findPausedPhone(hashSecret(token)))
  if (row === undefined) throw new GatewayError(reject('invalid_or_expired', 'no such pause'))
  const userId = text(row, 'user_id')
  const phone = numberOf(exchange, text(row, 'phone'))
  const audit = auditRow(
    'phone-code.sent',
    auditSource(exchange),
    { userId, details: { purpose } },
    exchange.deps.now(),
  )
  const about = { phone, use: 'second-factor', returnTo: null } as const
  await sendCode(exchange, about, (code) => askForFactor(userId, code, audit))
  return phone.number
}

export async function proveBySms(
  exchange: Exchange,
  token: string,
  given: { readonly code: string; readonly mode: LoginMode },
): Promise<LoginAnswer> {
  const question = { purpose, browserHash: browserOf(exchange), maxAttempts: mostTries } as const
  const [row] = await exchange.database.write(countPausedCode(hashSecret(token), question))
  if (row === undefined) throw new GatewayError(reject('invalid_or_expired', 'no such pause'))
  const userId = text(row, 'user_id')
  const challengeId = textOrNull(row, 'code_id')
  const amr = [...new Set([...texts(row, 'amr'), 'sms', 'mfa'])]
  const draft = draftSession(exchange, { userId, method: 'sms', amr, aal: 2, mode: given.mode })
  const pauseId = text(row, 'id')
  const counted = { code: given.code, countedOn: [pauseId, ...(challengeId === null ? [] : [challengeId])] }
  if (challengeId !== null && (await isRight(exchange, row, counted))) {
    const rows = { session: draft.session, audit: draft.audits.opened, pauseId }
    const [entered] = await exchange.database.write(enterByFactor({ kind: 'sms', challengeId }, rows))
    if (entered !== undefined) {
      countUsed(exchange, text(row, 'phone'))
      return openSession(exchange, entryOf(entered), draft)
    }
  }
  const failure = { userId, reason: challengeId === null ? 'no code' : 'wrong code', details: { method: 'sms' } }
  await exchange.deps.audit.record('factor.failed', auditSource(exchange), failure)
  throw new GatewayError(reject('invalid_or_expired', failure.reason))
}
