// Some things a session alone is not enough for: a cookie may be weeks old or somebody else's by now. They need a proof of
// the last minutes, and by the second factor where the person has one (RFC 9470 says how programs are told).
import { GatewayError } from '../errors.ts'
import { type Exchange, reject, schemeOf } from '../exchange.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import { minuteMs, secondMs } from '../kit/duration.ts'
import { requireSession, requireSignedIn } from './require-session.ts'

const recentMs = 10 * minuteMs

interface Needed {
  readonly aal: 1 | 2
}

export function requireRecent(exchange: Exchange, needed: Needed): SessionPrincipal {
  return recent(exchange, requireSession(exchange).lease.principal, needed)
}

/** Also by the access token of a login; its program gets a fresh proof by another login. */
export function requireRecentSignIn(exchange: Exchange, needed: Needed): SessionPrincipal {
  return recent(exchange, requireSignedIn(exchange), needed)
}

function recent(exchange: Exchange, principal: SessionPrincipal, needed: Needed): SessionPrincipal {
  const isRecent = exchange.deps.now() - principal.authTimeMs < recentMs
  if (isRecent && principal.aal >= needed.aal) return principal
  const wanted = `acr_values="aal${needed.aal}", max_age="${recentMs / secondMs}"`
  const challenge = `${schemeOf(exchange)} error="insufficient_user_authentication", ${wanted}`
  const reason = isRecent ? 'assurance level' : 'no recent proof'
  throw new GatewayError({ ...reject('step_up_required', reason), headers: { 'www-authenticate': challenge } })
}
