import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import { requireSession } from '../forms/require-session.ts'

const adminRole = 'admin'

/**
 * Whoever administers, or 401 and 403 (on record). A session of this gateway only: a token of another issuer may carry a
 * role of that name, which says what its bearer is to the site, not to the gateway.
 */
export async function requireAdmin(exchange: Exchange): Promise<SessionPrincipal> {
  const { principal } = requireSession(exchange).lease
  if (principal.roles.includes(adminRole)) return principal
  const { userId, sessionId } = principal
  const facts = { userId, sessionId, reason: 'missing role', details: { area: 'admin' } }
  await exchange.deps.audit.record('access.denied', auditSource(exchange), facts)
  throw new GatewayError(reject('forbidden', 'missing role'))
}
