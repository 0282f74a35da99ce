// May this become somebody's password? Length is the schema's business (fields.ts); here is what attackers know of it.
import { GatewayError, unavailable } from '../../errors.ts'
import { type Exchange, auditSource, principalOf } from '../../exchange.ts'
import { isCommon } from './is-common.ts'

export interface NewPassword {
  readonly password: string
  /** The field it came in, to be named in a refusal. */
  readonly field: 'password' | 'new_password'
  /** Of the account it is for, where that is known. */
  readonly email: string | null
}

/** Throws 422 for a password that is common or has leaked. Before anything is looked up: it must not depend on an account. */
export async function refuseKnown(exchange: Exchange, given: NewPassword): Promise<void> {
  await refuseCommon(exchange, given)
  if (await hasLeaked(exchange, given.password)) throw await refusal(exchange, given.field, 'password_breached')
}

/** The part that needs nobody to be asked. */
export async function refuseCommon(exchange: Exchange, { password, field, email }: NewPassword): Promise<void> {
  const own = [
    exchange.deps.settings.config.theme.name,
    ...(email === null ? [] : [email, email.split('@', 1)[0] ?? '']),
  ]
  if (isCommon(password, own)) throw await refusal(exchange, field, 'password_common')
}

async function hasLeaked(exchange: Exchange, password: string): Promise<boolean> {
  const { breachList, audit, settings } = exchange.deps
  if (breachList === null) return false
  try {
    return await breachList.has(password)
  } catch (error) {
    const reason = error instanceof Error && error.name === 'BreachListFault' ? error.message : 'unknown'
    await audit.record('breach-list.failed', auditSource(exchange), { reason })
    if (settings.config.breachList.whenUnavailable === 'closed') throw unavailable('breach list')
    return false
  }
}

/** On record with whoever is signed in: somebody who tries one leaked password after the other is no forgetful person. */
async function refusal(exchange: Exchange, field: string, reason: string): Promise<GatewayError> {
  const principal = principalOf(exchange)
  const who = principal === null ? {} : { userId: principal.userId, sessionId: principal.sessionId }
  await exchange.deps.audit.record('password.refused', auditSource(exchange), { ...who, reason })
  return new GatewayError({ code: 'invalid_input', reason, fields: [{ path: field, reason }] })
}
