// A phone number that somebody typed into a field.
import { z } from 'zod'
import { GatewayError } from './errors.ts'
import { type Exchange, reject } from './exchange.ts'
import { type PhoneNumber, parsePhone } from './users/phone-number.ts'

/** Read by the site's plan later; here only bounded. */
export const typedPhone = z.string().min(1, 'phone_invalid').max(40, 'phone_invalid')

/** As typed, read by the site's plan; 422 for what is no mobile's number where texts are sent to. `path` names the field. */
export function numberOf({ deps }: Exchange, typed: string, path = 'phone'): PhoneNumber {
  const { phone } = deps.settings.config.login
  const number = phone.provider === 'none' ? null : parsePhone(typed, phone)
  if (number !== null) return number
  throw new GatewayError({
    ...reject('invalid_phone', 'not a number texts are sent to'),
    fields: [{ path, reason: 'phone_invalid' }],
  })
}
