// May this principal make this request of the site? Default deny.
import { decide } from '../access/decide.ts'
import { denyCodes } from '../access/deny-codes.ts'
import type { RouteSettings } from '../config/settings.ts'
import type { Rejection } from '../errors.ts'
import {
  type Authentication,
  type Exchange,
  auditSource,
  principalOf,
  reject,
  schemeOf,
  unrecognised,
} from '../exchange.ts'
import { tokenRejection } from '../tokens/refused-token.ts'

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
      return deny(reject(denyCodes['no-route'], 'no route'))
    case 'not-signed-in':
      return notSignedIn(exchange)
    case 'aal-too-low':
      return deny({
        ...reject(denyCodes['aal-too-low'], 'assurance level'),
        headers: {
          'www-authenticate': `${schemeOf(exchange)} error="insufficient_user_authentication", acr_values="aal2"`,
        },
      })
    case 'missing-role':
      return denyForRole(exchange)
  }
}

function deny(rejection: Rejection): Authorization {
  return { outcome: 'deny', rejection }
}

function notSignedIn(exchange: Exchange): Authorization | Promise<Authorization> {
  const { authentication } = exchange
  if (authentication.kind === 'refused-token') return denyToken(exchange, authentication)
  if (authentication.kind === 'unrecognised') return deny(unrecognised(authentication.reason))
  if (authentication.kind === 'undecided')
    return deny({ ...reject('unavailable', 'credential cannot be checked'), retryAfterS: 5 })
  const reason = authentication.kind === 'refused' ? authentication.reason : 'nobody'
  return deny({ ...reject(denyCodes['not-signed-in'], reason), headers: { 'www-authenticate': 'Bearer' } })
}

async function denyToken(
  exchange: Exchange,
  refused: Authentication & { readonly kind: 'refused-token' },
): Promise<Authorization> {
  const { reason, issuer, dpopError } = refused
  // To be asked for a newer nonce is how it goes every few minutes, and nothing for the trail.
  if (dpopError !== 'use_dpop_nonce')
    await exchange.deps.audit.record('token.refused', auditSource(exchange), { reason, details: { issuer } })
  return deny(tokenRejection(refused, exchange.deps.dpopNonces))
}

async function denyForRole(exchange: Exchange): Promise<Authorization> {
  const principal = principalOf(exchange)
  if (principal !== null) {
    const facts = { userId: principal.userId, sessionId: principal.sessionId, reason: 'missing role' }
    await exchange.deps.audit.record('access.denied', auditSource(exchange), facts)
  }
  const rejection = reject(denyCodes['missing-role'], 'missing role')
  if (exchange.authentication.kind !== 'bearer') return deny(rejection)
  return deny({ ...rejection, headers: { 'www-authenticate': `${schemeOf(exchange)} error="insufficient_scope"` } })
}
