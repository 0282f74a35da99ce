// May this become somebody's password? Length is the schema's business (fields.ts); here is what attackers know of it.
import { GatewayError, unavailable } from '../../errors.ts'
import { type Exchange, auditSource } from '../../exchange.ts'
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
  refuseCommon(exchange, given)
  if (await hasLeaked(exchange, given.password)) throw refusal(given.field, 'password_breached')
}

/** The part that needs nobody to be asked. */
export function refuseCommon({ deps }: Exchange, { password, field, email }: NewPassword): void {
  const own = [deps.settings.config.theme.name, ...(email === null ? [] : [email, email.split('@', 1)[0] ?? ''])]
  if (isCommon(password, own)) throw refusal(field, 'password_common')
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

function refusal(field: string, reason: string): GatewayError {
  return new GatewayError({ code: 'invalid_input', reason, fields: [{ path: field, reason }] })
}
