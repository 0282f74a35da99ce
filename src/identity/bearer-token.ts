// Finds out who a bearer token speaks for: from what was verified a moment ago, or by verifying it and looking the user up.
import { BoundedMap } from '../kit/bounded-map.ts'
import type { Asking } from '../tokens/key-sets.ts'
import type { JsonObject } from '../tokens/strict-json.ts'
import type { TokenVerdict } from '../tokens/verify-token.ts'
import type { Visit } from '../users/external-users.ts'
import { readAuthorization } from './authorization-header.ts'
import type { Holder, Principal } from './principal.ts'

/** Somebody whose token was accepted, with everything later stages ask about it. */
export interface BearerHolder extends Holder {
  readonly expiresAtMs: number
  /** Whether the token goes on to the origin. */
  readonly forwardToken: boolean
}

export type BearerOutcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'accepted'; readonly holder: BearerHolder }
  /** Nothing of ours: whether it matters is the route's question. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'refused'; readonly reason: string; readonly issuer: string | null }
  /** Nobody can say now. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'several' }

export interface BearerTokens {
  /** Who the header was accepted for before, as long as that holds: the way of nearly every request. */
  seen(header: string): BearerHolder | null
  authenticate(header: string, visit: BearerVisit): Promise<BearerOutcome>
}

export type BearerVisit = Visit & Asking

/** Who a valid token of an issuer speaks for. What it rests on may end before the token does, or be looked at again. */
export type FindPerson = (claims: JsonObject, visit: BearerVisit, nowMs: number) => Promise<PersonFound>

export type PersonFound =
  | { readonly outcome: 'known'; readonly principal: Principal; readonly relyUntilMs: number }
  | { readonly outcome: 'refused'; readonly reason: string }

export interface BearerPorts {
  readonly verify: (token: string, visit: BearerVisit, nowMs: number) => Promise<TokenVerdict>
  readonly now: () => number
}

interface Seen {
  readonly holder: BearerHolder
  readonly untilMs: number
}

/** Times the longest header kept, this is the most memory the cache takes. */
const headersKept = 8000
const longestKept = 4096

export function createBearerTokens({ verify, now }: BearerPorts): BearerTokens {
  // Keyed by the whole header: a part or a digest of it could be another's too (CVE-2026-35039), and any digest costs more
  // than everything else a known token's request does. The rules are the isolate's, which a change of them ends.
  const seenHeaders = new BoundedMap<string, Seen>(headersKept)

  function seen(header: string): BearerHolder | null {
    const entry = seenHeaders.get(header)
    return entry !== undefined && now() < entry.untilMs ? entry.holder : null
  }

  async function authenticate(header: string, visit: BearerVisit): Promise<BearerOutcome> {
    const presented = readAuthorization(header)
    switch (presented.kind) {
      case 'none':
      case 'several':
        return { kind: presented.kind }
      case 'malformed':
        return { kind: 'refused', reason: 'no token', issuer: null }
      case 'bearer':
        return outcomeOf(await verify(presented.token, visit, now()), header, visit)
    }
  }

  async function outcomeOf(verdict: TokenVerdict, header: string, visit: BearerVisit): Promise<BearerOutcome> {
    switch (verdict.outcome) {
      case 'foreign':
        return { kind: 'foreign' }
      case 'refused':
        return { kind: 'refused', reason: verdict.reason, issuer: verdict.issuer }
      case 'unknown':
        return { kind: 'undecided' }
      case 'valid':
        return accept(verdict, header, visit)
    }
  }

  async function accept(
    verdict: TokenVerdict & { outcome: 'valid' },
    header: string,
    visit: BearerVisit,
  ): Promise<BearerOutcome> {
    const { issuer, claims, expiresAtMs } = verdict
    const person = await issuer.person(claims, visit, now())
    if (person.outcome === 'refused') return { kind: 'refused', reason: person.reason, issuer: issuer.rules.issuer }
    const { principal } = person
    const before = seenHeaders.get(header)?.holder
    const isSame = before !== undefined && JSON.stringify(before.principal) === JSON.stringify(principal)
    const holder = isSame
      ? before
      : { principal, derived: new Map<string, unknown>(), expiresAtMs, forwardToken: issuer.rules.forwardToken }
    const untilMs = Math.min(expiresAtMs, verdict.relyUntilMs, person.relyUntilMs)
    if (header.length <= longestKept) seenHeaders.set(header, { holder, untilMs })
    return { kind: 'accepted', holder }
  }

  return { seen, authenticate }
}
