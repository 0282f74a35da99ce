import { GatewayError } from '../errors.ts'
import { reject } from '../exchange.ts'
import type { Principal } from '../identity/principal.ts'

/** An account whose mailbox nobody has proven may be somebody else's tomorrow, and a factor would lock its owner out. */
export function requireProvenMailbox({ emailVerified }: Principal): void {
  if (!emailVerified) throw new GatewayError(reject('email_unverified', 'factor needs a proven mailbox'))
}
