// A code by text: made by this gateway or by the vendor, good for five minutes and five tries, in the browser that asked.
import { v7 as uuidv7 } from 'uuid'
import { type NewPhoneCode, type PhonePurpose, type PhoneUse, forgetAttempts, useOf } from '../../db/queries/phones.ts'
import type { Row, Statement } from '../../db/database.ts'
import { text, textOrNull } from '../../db/values.ts'
import { GatewayError, unavailable } from '../../errors.ts'
import { type Exchange, auditSource, principalOf, reject } from '../../exchange.ts'
import { minuteMs } from '../../kit/duration.ts'
import { randomCode, randomToken } from '../../kit/random.ts'
import { textsFor } from '../../language.ts'
import { log } from '../../log.ts'
import type { OutgoingMessage } from '../../outbox/message.ts'
import { smsText } from '../../pages/sms-text.ts'
import { hashSecret, isSameHash } from '../../sessions/token.ts'
import { type PhoneNumber, parsePhone } from '../../users/phone-number.ts'
import { browserHashOf } from '../asker.ts'
import { hashCode } from '../challenge.ts'
import { limited } from '../limited.ts'
import { sighted } from '../../sightings.ts'
import { postToWhomever } from '../post-to-whomever.ts'

export const codeMs = 5 * minuteMs
export const mostTries = 5

/** Of the session or browser at hand; null for a program that carries neither. */
export function browserOf(exchange: Exchange): string | null {
  const sessionId = principalOf(exchange)?.sessionId
  return sessionId === undefined || sessionId === null ? browserHashOf(exchange) : hashSecret(sessionId)
}

export interface CodeAbout {
  readonly phone: PhoneNumber
  readonly use: PhoneUse
  readonly returnTo: string | null
}

/**
 * Sends a code, if `ask` finds somebody to send it to. Whoever asks is answered after the same work in every case: nobody
 * there, somebody there, or a fuse that keeps the text back.
 */
export async function sendCode(
  exchange: Exchange,
  { phone, use, returnTo }: CodeAbout,
  ask: (code: NewPhoneCode) => Statement,
): Promise<{ readonly isAsked: boolean }> {
  const { deps, client, database } = exchange
  await limited(exchange, 'phone-code', phone.number)
  const code = randomCode(6)
  const isOwn = deps.sms?.makesCodes === false
  const rows = await database.write(
    ask({
      id: uuidv7(),
      tokenHash: hashSecret(randomToken(32)),
      codeHash: isOwn ? hashCode(deps.codeKey, code) : null,
      phone: phone.number,
      use,
      browserHash: browserOf(exchange),
      returnTo,
      ip: client.ip,
      expiresAtMs: deps.now() + codeMs,
    }),
  )
  const isAsked = rows.length === 1
  const maySend = await withinBudget(exchange, phone, !isAsked)
  const texts = textsFor(exchange)
  const { theme } = deps.settings.config
  const host = new URL(deps.publicUrl.origin).host
  const to = phone.number
  const message: OutgoingMessage = isOwn
    ? { channel: 'sms', sms: { to, text: smsText({ theme, texts, code, host }) } }
    : { channel: 'sms-code', code: { to, language: texts.lang } }
  await postToWhomever(exchange, isAsked && maySend ? message : { channel: 'nobody' }, codeMs)
  return { isAsked }
}

/** Asked before money is spent; closed while nobody can count. */
async function withinBudget(exchange: Exchange, phone: PhoneNumber, isForNobody: boolean): Promise<boolean> {
  const { deps, client } = exchange
  const spending = { ...phone, ip: client.ip, isForNobody }
  const withheld = await deps.limits.sms.spend(spending).catch((cause: unknown) => {
    throw unavailable('texts cannot be counted', cause)
  })
  if (withheld === null) return true
  if (withheld.isNew) {
    const facts = { reason: withheld.rule, details: { country: phone.country } }
    log('warn', 'texts withheld', { rule: withheld.rule, country: phone.country, request_id: exchange.id })
    await deps.audit.record('sms.withheld', auditSource(exchange), facts)
  }
  return false
}

/** The question that a code answers, for the statement that spends it. */
export interface Answered {
  readonly id: string
  readonly use: PhoneUse
  readonly number: string
}

/** The try is counted before the code is compared. */
export async function checkCode(exchange: Exchange, count: Statement, code: string): Promise<Answered | null> {
  const [row] = await exchange.database.write(count)
  if (row === undefined || !(await isRight(exchange, row, { code, countedOn: [text(row, 'id')] }))) return null
  return { id: text(row, 'id'), use: useOf(row, 'phone_use'), number: text(row, 'phone') }
}

/** A code that came back says that texts to its number and country are read. Lost, the ratio there is a little worse than it is. */
export function countUsed(exchange: Exchange, number: string): void {
  sighted(exchange, 'answered', number)
  const country = countryOf(exchange, number)
  if (country !== null) exchange.context.waitUntil(exchange.deps.limits.sms.countUsed(country).catch(() => undefined))
}

export interface CountedCode {
  readonly code: string
  /** The questions that the try is counted on. */
  readonly countedOn: readonly string[]
}

/** Of a try that is counted. It is given back when its vendor cannot say, who counts the tries of a code as well. */
export async function isRight(
  { deps, database }: Exchange,
  row: Row,
  { code, countedOn }: CountedCode,
): Promise<boolean> {
  const hash = textOrNull(row, 'code_hash')
  if (hash !== null) return isSameHash(hashCode(deps.codeKey, code), hash)
  if (deps.sms?.makesCodes !== true) return false
  try {
    return await deps.sms.check(text(row, 'phone'), code)
  } catch (cause) {
    // Failed too, it stays counted: what is wrong is told by the first failure.
    await database.write(forgetAttempts(countedOn)).catch(() => undefined)
    throw unavailable('the vendor cannot check the code', cause)
  }
}

function countryOf({ deps }: Exchange, number: string): string | null {
  const { phone } = deps.settings.config.login
  return phone.provider === 'none' ? null : (parsePhone(number, phone)?.country ?? null)
}

/** Recorded, and answered alike for a wrong one, a spent one and one that never was. */
export async function refuseCode(exchange: Exchange, purpose: PhonePurpose, userId?: string): Promise<never> {
  const facts = { reason: 'code', details: { purpose }, ...(userId === undefined ? {} : { userId }) }
  await exchange.deps.audit.record('challenge.failed', auditSource(exchange), facts)
  throw new GatewayError(reject('invalid_or_expired', 'code'))
}
