// Is an access token of our own good now, whoever shows it and to whichever endpoint? The same strict reading and the same
// question about its session as on the way to the site; only whom it may be meant for differs.
import type { BearerVisit } from '../identity/bearer-token.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import { type AccessClaims, accessClaims, userinfoAudience } from './access-token.ts'
import { type Trusted, verifyToken } from './verify-token.ts'

export type OwnTokenVerdict =
  | {
      readonly outcome: 'live'
      readonly claims: AccessClaims
      readonly principal: SessionPrincipal
      readonly issuer: string
    }
  /** `issuer`: ours, where it says so. */
  | { readonly outcome: 'dead'; readonly reason: string; readonly issuer: string | null }
  /** Nobody could be asked: neither good nor bad. */
  | { readonly outcome: 'unknown' }

export type JudgeOwnToken = (token: string, visit: BearerVisit) => Promise<OwnTokenVerdict>

/** @param own as it opens the site. The endpoints are asked about everybody's tokens, which the site is not opened by. */
export function createOwnTokenJudge(own: Trusted, now: () => number): JudgeOwnToken {
  const { issuer, audiences } = own.rules
  const rules = { ...own.rules, audiences: [...audiences, userinfoAudience(issuer)] }
  const trusted = new Map([[issuer, { ...own, rules }]])
  return async (token, visit) => {
    const verdict = await verifyToken(token, trusted, visit, now())
    if (verdict.outcome === 'unknown') return { outcome: 'unknown' }
    if (verdict.outcome === 'foreign') return { outcome: 'dead', reason: 'not a token of ours', issuer: null }
    if (verdict.outcome === 'refused') return { outcome: 'dead', reason: verdict.reason, issuer: verdict.issuer }
    const claims = accessClaims(verdict.claims, verdict.jkt)
    const person = await own.person(verdict.claims, visit, now())
    if (person.outcome === 'unknown') return { outcome: 'unknown' }
    if (person.outcome === 'refused') return { outcome: 'dead', reason: person.reason, issuer }
    const { session: principal } = person
    if (claims === null || principal === undefined) return { outcome: 'dead', reason: 'no access token', issuer }
    return { outcome: 'live', claims, principal, issuer }
  }
}
