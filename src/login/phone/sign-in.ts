// Signing in by a code that is sent to the account's phone. A number that nobody signs in with is answered alike and makes no
// account: everything else here is built on an address that mail reaches.
import { askedAudits } from '../../audit/record.ts'
import { askToSignIn, countNumberAttempt, enterByPhone, spentByCode, spentById } from '../../db/queries/phones.ts'
import type { Statement } from '../../db/database.ts'
import { entryOf } from '../../db/queries/sign-in.ts'
import { textOrNull } from '../../db/values.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { hashCode } from '../challenge.ts'
import { limited } from '../limited.ts'
import { holdIfRisky } from '../magic-link/hold.ts'
import { assessRisk } from '../risk.ts'
import { numberOf } from '../../phone-field.ts'
import { browserOf, checkCode, countUsed, mostTries, refuseCode, sendCode } from './code.ts'

const purpose = 'phone-sign-in'

export async function startPhone(exchange: Exchange, typed: string, returnTo: string | null): Promise<void> {
  const phone = numberOf(exchange, typed)
  await limited(exchange, 'messages-everywhere', '')
  const audits = askedAudits('phone-code.sent', auditSource(exchange), { purpose, nowMs: exchange.deps.now() })
  await sendCode(exchange, { phone, use: 'sign-in', returnTo }, (code) => askToSignIn(code, audits))
}

export interface PhoneSignIn {
  readonly answer: LoginAnswer
  readonly returnTo: string | null
}

export async function verifyPhone(
  exchange: Exchange,
  given: { readonly phone: string; readonly code: string; readonly mode: LoginMode },
): Promise<PhoneSignIn> {
  const { number } = numberOf(exchange, given.phone)
  const risk = await assessRisk(exchange, { phone: number }, 0)
  const proof = { userId: null, method: 'phone', amr: ['sms'], aal: 1, mode: given.mode } as const
  const draft = draftSession(exchange, { ...proof, risk })
  const spent = await spentCode(exchange, number, given.code)
  const [row] = spent === null ? [] : await exchange.database.write(enterByPhone(spent, draft))
  if (row === undefined) return refuseCode(exchange, purpose)
  countUsed(exchange, number)
  const entry = entryOf(row)
  // A number goes to somebody else with a call to its provider: the mailbox is asked where the sign-in is unusual.
  await holdIfRisky(exchange, entry, { method: 'phone', risk })
  return { answer: await completeLogin(exchange, entry, draft), returnTo: textOrNull(row, 'return_to') }
}

/** Null where the vendor, who made the code, says that it is another one. */
async function spentCode(exchange: Exchange, number: string, code: string): Promise<Statement | null> {
  const { sms, codeKey } = exchange.deps
  const question = { purpose, browserHash: browserOf(exchange), maxAttempts: mostTries } as const
  if (sms?.makesCodes !== true) return spentByCode(number, hashCode(codeKey, code), question)
  const answered = await checkCode(exchange, countNumberAttempt(number, question), code)
  return answered === null ? null : spentById(answered.id)
}
