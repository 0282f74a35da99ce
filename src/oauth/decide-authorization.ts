// What has to happen before an application gets a code. Pure: time and consent are arguments.
import { secondMs } from '../kit/duration.ts'
import type { AssuranceLevel, AuthorizationRequest } from './authorization-request.ts'

export type AuthorizationStep =
  | 'sign-in'
  | 'sign-in-again'
  | 'prove-factor'
  | 'ask'
  | 'login_required'
  | 'consent_required'
  | 'issue'

export interface AuthorizationFacts {
  /** When the person proved who they are; null for nobody. */
  readonly authTimeMs: number | null
  readonly aal: AssuranceLevel
  /** There is a second factor to ask for. */
  readonly hasFactor: boolean
  readonly consented: readonly string[]
  /** The person has just said yes to this request. */
  readonly isConfirmed: boolean
  readonly nowMs: number
}

export function decideAuthorization(request: AuthorizationRequest, facts: AuthorizationFacts): AuthorizationStep {
  const isSilent = request.prompt.includes('none')
  if (facts.authTimeMs === null) return isSilent ? 'login_required' : 'sign-in'
  if (!isFreshEnough(request, facts.authTimeMs, facts.nowMs)) return isSilent ? 'login_required' : 'sign-in-again'
  if (isFactorDue(request, facts)) return isSilent ? 'login_required' : 'prove-factor'
  if (!isAllowed(request, facts)) return isSilent ? 'consent_required' : 'ask'
  return 'issue'
}

/**
 * A sign-in after this server asked for one satisfies whoever wanted a new one, also a `max_age` of nothing. Which it
 * was the application sees in `auth_time`: what a browser carries here could be left out by whoever holds the browser.
 */
function isFreshEnough(
  { prompt, maxAgeMs, askedAtMs }: AuthorizationRequest,
  authTimeMs: number,
  nowMs: number,
): boolean {
  if (hasAnswered(askedAtMs, authTimeMs, nowMs)) return true
  const wantsNew = prompt.includes('login') || prompt.includes('select_account')
  return !wantsNew && (maxAgeMs === null || nowMs - authTimeMs <= maxAgeMs + secondMs)
}

/** A proof since this server asked for one for this very request. */
function hasAnswered(askedAtMs: number | null, authTimeMs: number, nowMs: number): boolean {
  return askedAtMs !== null && askedAtMs <= nowMs && authTimeMs >= askedAtMs
}

/**
 * Whether the session proves less than the application would like. It is a wish (OpenID Connect Core §3.1.2.1, §5.5.1.1):
 * what nobody can prove is not asked for, and asked is once. What became of it `acr` says. Who may not be asked has to
 * have what would do; who may be, what would do best.
 */
export function isBelowWish({ levels, prompt }: AuthorizationRequest, aal: AssuranceLevel): boolean {
  const wanted = prompt.includes('none') ? levels.toSorted()[0] : levels[0]
  return wanted !== undefined && aal < wanted
}

function isFactorDue(
  request: AuthorizationRequest,
  { authTimeMs, aal, hasFactor, nowMs }: AuthorizationFacts,
): boolean {
  if (!hasFactor || authTimeMs === null || !isBelowWish(request, aal)) return false
  return !hasAnswered(request.factorAskedAtMs, authTimeMs, nowMs)
}

function isAllowed(
  { client, prompt, scopes }: AuthorizationRequest,
  { consented, isConfirmed }: AuthorizationFacts,
): boolean {
  if (isConfirmed) return true
  if (prompt.includes('consent')) return false
  return client.isFirstParty || scopes.every((scope) => consented.includes(scope))
}
