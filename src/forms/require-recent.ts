// Some things a session alone is not enough for: a cookie may be weeks old or somebody else's by now. They need a proof of
// the last minutes, and by the second factor where the person has one (RFC 9470 says how programs are told).
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { minuteMs, secondMs } from '../kit/duration.ts'
import type { Lease } from '../sessions/gate.ts'
import { requireSession } from './require-session.ts'

const recentMs = 10 * minuteMs

export function requireRecent(exchange: Exchange, needed: { readonly aal: 1 | 2 }): Lease['principal'] {
  const { principal } = requireSession(exchange).lease
  const isRecent = exchange.deps.now() - principal.authTimeMs < recentMs
  if (isRecent && principal.aal >= needed.aal) return principal
  const challenge = `Bearer error="insufficient_user_authentication", acr_values="aal${needed.aal}", max_age="${recentMs / secondMs}"`
  const reason = isRecent ? 'assurance level' : 'no recent proof'
  throw new GatewayError({ ...reject('step_up_required', reason), headers: { 'www-authenticate': challenge } })
}
