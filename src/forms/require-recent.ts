// Some things a session alone is not enough for: a cookie may be weeks old or somebody else's by now. They need a proof of
// the last minutes, and by the second factor where the person has one (RFC 9470 says how programs are told).
import { GatewayError, weakProof } from '../errors.ts'
import { type Exchange, proofNeeded, schemeOf } from '../exchange.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import { minuteMs } from '../kit/duration.ts'
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
  const reason = isRecent ? weakProof : 'no recent proof'
  const wanted = { scheme: schemeOf(exchange), aal: needed.aal, maxAgeMs: recentMs }
  throw new GatewayError(proofNeeded(reason, wanted))
}
