// May this principal make this request of the site? Default deny.
import { decide } from '../access/decide.ts'
import type { RouteSettings } from '../config/settings.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, auditSource, principalOf, reject } from '../exchange.ts'

export type Authorization =
  | { readonly outcome: 'allow'; readonly route: RouteSettings }
  | { readonly outcome: 'deny'; readonly rejection: Rejection }

export function authorize(exchange: Exchange): Authorization | Promise<Authorization> {
  const { deps, target, request } = exchange
  const principal = principalOf(exchange)
  const decision = decide(deps.routes, { host: target.host, path: target.path, method: request.method }, principal)
  if (decision.outcome === 'allow') return decision
  switch (decision.reason) {
    case 'no-route':
      return deny(reject('not_found', 'no route'))
    case 'not-signed-in':
      return deny(notSignedIn(exchange))
    case 'aal-too-low':
      return deny({
        ...reject('step_up_required', 'assurance level'),
        headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication", acr_values="aal2"' },
      })
    case 'missing-role':
      return denyForRole(exchange)
  }
}

function deny(rejection: Rejection): Authorization {
  return { outcome: 'deny', rejection }
}

function notSignedIn({ authentication }: Exchange): Rejection {
  if (authentication.kind === 'undecided')
    return { ...reject('unavailable', 'session cannot be checked'), retryAfterS: 5 }
  const reason = authentication.kind === 'refused' ? authentication.reason : 'nobody'
  return { ...reject('unauthenticated', reason), headers: { 'www-authenticate': 'Bearer' } }
}

async function denyForRole(exchange: Exchange): Promise<Authorization> {
  const principal = principalOf(exchange)
  if (principal !== null) {
    const facts = { userId: principal.userId, sessionId: principal.sessionId, reason: 'missing role' }
    await exchange.deps.audit.record('access.denied', auditSource(exchange), facts)
  }
  return deny(reject('forbidden', 'missing role'))
}
