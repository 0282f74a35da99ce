// A right password, or a code by text, that is probably not its owner's: no session, but a link to the mailbox, or no.
import type { Entry } from '../../db/queries/sign-in.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import type { LoginRisk } from '../risk.ts'
import { sendMagicLink } from './sign-in.ts'

/** Not of somebody with a second factor, who is asked for that instead, nor of whom nothing was opened for. Returns when it may go on. */
export async function holdIfRisky(
  exchange: Exchange,
  { id, email, factorMethods, isLate }: Entry,
  { method, risk }: { readonly method: 'password' | 'phone'; readonly risk: LoginRisk | null },
): Promise<void> {
  if (isLate || factorMethods.length > 0 || (risk?.action !== 'mail' && risk?.action !== 'refuse')) return
  exchange.deps.risk.countHeld(risk.isEnforced)
  if (!risk.isEnforced) return
  const facts = { userId: id, reason: risk.action, details: { method, ...risk.details } }
  await exchange.deps.audit.record('login.held', auditSource(exchange), facts)
  if (risk.action === 'refuse') throw new GatewayError(reject('login_refused', 'risk'))
  await sendMagicLink(exchange, email, null)
  throw new GatewayError(reject('confirm_by_mail', 'risk'))
}
