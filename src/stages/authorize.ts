// May this principal make this request of the site? Default deny.
import { decide } from '../access/decide.ts'
import { denyCodes } from '../access/deny-codes.ts'
import type { RouteSettings } from '../config/settings.ts'
import { type Rejection, weakProof } from '../errors.ts'
import { type Exchange, principalOf, proofNeeded, reject, schemeOf, unrecognised } from '../exchange.ts'
import { tokenRejection } from '../tokens/refused-token.ts'

export type Authorization =
  | { readonly outcome: 'allow'; readonly route: RouteSettings }
  | { readonly outcome: 'deny'; readonly rejection: Rejection }

export function authorize(exchange: Exchange): Authorization {
  const { deps, target, request } = exchange
  const principal = principalOf(exchange)
  const { host, path } = target
  const decision = decide(deps.routes, { host, path, method: request.method, atMs: deps.now() }, principal)
  if (decision.outcome === 'allow') return decision
  switch (decision.reason) {
    case 'no-route':
      return deny(reject(denyCodes['no-route'], 'no route'))
    case 'not-signed-in':
      return notSignedIn(exchange)
    case 'aal-too-low':
    case 'proof-too-old':
      return deny(proofFor(exchange, decision.route))
    case 'missing-role':
      return denyForRole(exchange)
  }
}

function deny(rejection: Rejection): Authorization {
  return { outcome: 'deny', rejection }
}

/** All that the route wants of a proof, or the next one would fall short in what this one did not. */
function proofFor(exchange: Exchange, route: RouteSettings | null): Rejection {
  const wanted = route?.requirement.kind === 'signed-in' ? route.requirement : { aal: 2, recentMs: null }
  const needsFactor = wanted.aal === 2
  return proofNeeded(needsFactor ? weakProof : 'no recent proof', {
    scheme: schemeOf(exchange),
    aal: needsFactor ? 2 : null,
    maxAgeMs: wanted.recentMs,
  })
}

function notSignedIn(exchange: Exchange): Authorization {
  const { authentication } = exchange
  if (authentication.kind === 'refused-token') return deny(tokenRejection(authentication, exchange.deps.dpopNonces))
  if (authentication.kind === 'unrecognised') return deny(unrecognised(authentication.reason))
  if (authentication.kind === 'undecided')
    return deny({ ...reject('unavailable', 'credential cannot be checked'), retryAfterS: 5 })
  const reason = authentication.kind === 'refused' ? authentication.reason : 'nobody'
  return deny({ ...reject(denyCodes['not-signed-in'], reason), headers: { 'www-authenticate': 'Bearer' } })
}

function denyForRole(exchange: Exchange): Authorization {
  const principal = principalOf(exchange)
  const rejection = reject(denyCodes['missing-role'], 'missing role')
  if (principal === null) return deny(rejection)
  const { userId, sessionId } = principal
  const event = { type: 'access.denied', facts: { userId, sessionId, reason: rejection.reason } } as const
  if (exchange.authentication.kind !== 'bearer') return deny({ ...rejection, event })
  const challenge = `${schemeOf(exchange)} error="insufficient_scope"`
  return deny({ ...rejection, event, headers: { 'www-authenticate': challenge } })
}
