// What has to happen before an application gets a code. Pure: time and consent are arguments.
import { secondMs } from '../kit/duration.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

export type AuthorizationStep = 'sign-in' | 'sign-in-again' | 'ask' | 'login_required' | 'consent_required' | 'issue'

export interface AuthorizationFacts {
  /** When the person proved who they are; null for nobody. */
  readonly authTimeMs: number | null
  readonly consented: readonly string[]
  /** The person has just said yes to this request. */
  readonly isConfirmed: boolean
  readonly nowMs: number
}

export function decideAuthorization(request: AuthorizationRequest, facts: AuthorizationFacts): AuthorizationStep {
  const isSilent = request.prompt.includes('none')
  if (facts.authTimeMs === null) return isSilent ? 'login_required' : 'sign-in'
  if (!isFreshEnough(request, facts.authTimeMs, facts.nowMs)) return isSilent ? 'login_required' : 'sign-in-again'
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
  const isAnswer = askedAtMs !== null && askedAtMs <= nowMs && authTimeMs >= askedAtMs
  if (isAnswer) return true
  const wantsNew = prompt.includes('login') || prompt.includes('select_account')
  return !wantsNew && (maxAgeMs === null || nowMs - authTimeMs <= maxAgeMs + secondMs)
}

function isAllowed(
  { client, prompt, scopes }: AuthorizationRequest,
  { consented, isConfirmed }: AuthorizationFacts,
): boolean {
  if (isConfirmed) return true
  if (prompt.includes('consent')) return false
  return client.isFirstParty || scopes.every((scope) => consented.includes(scope))
}
