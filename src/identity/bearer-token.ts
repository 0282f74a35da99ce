// Finds out who a token speaks for: from what was verified a moment ago, or by verifying it and looking the user up. Whether
// the holder of a bound one has its key, it says nothing of: such a token is never accepted here by itself.
import { BoundedMap } from '../kit/bounded-map.ts'
import type { Asking } from '../tokens/key-sets.ts'
import type { JsonObject } from '../tokens/strict-json.ts'
import type { AnyVerdict } from '../tokens/verify-shared.ts'
import type { Visit } from '../users/find-or-add-user.ts'
import { type TokenScheme, readAuthorization } from './authorization-header.ts'
import type { Holder, Principal, SessionPrincipal } from './principal.ts'

/** What decides over the end of what was opened with another issuer's token. */
export interface ExternalToken {
  /** Of its user. */
  readonly shard: string
  /** At the earliest. */
  readonly issuedMs: number
}

/** Somebody whose token was accepted, with everything later stages ask about it. */
export interface BearerHolder extends Holder {
  /** The session of ours that the token was issued for; null for another issuer's. */
  readonly session: SessionPrincipal | null
  /** The program that session's tokens were issued to; null for another issuer's. */
  readonly clientId: string | null
  /** Null for a token of our own. */
  readonly external: ExternalToken | null
  /** The key the token is bound to; null: whoever has it may use it. */
  readonly jkt: string | null
  readonly expiresAtMs: number
  /** Whether the token goes on to the origin. */
  readonly forwardToken: boolean
}

export type BoundHolder = BearerHolder & { readonly jkt: string }

export type BearerOutcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'accepted'; readonly holder: BearerHolder }
  /** Good with a proof of its key, which nobody has looked at yet. */
  | { readonly kind: 'bound'; readonly holder: BoundHolder; readonly token: string; readonly issuer: string }
  /** Nothing of ours: whether it matters is the route's question. */
  | { readonly kind: 'foreign'; readonly scheme: TokenScheme }
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly issuer: string | null
      /** In which to answer: the one that was used, or that the token is for. */
      readonly scheme: TokenScheme
    }
  /** Nobody can say now. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'several' }

export interface BearerTokens {
  /** Who the header was accepted for before, as long as that holds: the way of nearly every request. */
  seen(header: string, context: Background): BearerHolder | null
  authenticate(header: string, visit: BearerVisit): Promise<BearerOutcome>
}

export type BearerVisit = Visit & Asking

/** Who a valid token of an issuer speaks for. What it rests on may end before the token does, or be looked at again. */
export type FindPerson = (claims: JsonObject, visit: BearerVisit, nowMs: number) => Promise<PersonFound>

export type PersonFound =
  | {
      readonly outcome: 'known'
      readonly principal: Principal
      readonly relyUntilMs: number
      /** Asked by every request that relies on it, so it must not wait. */
      readonly stillCounts?: (context: Background) => boolean
      /** Of ours, with the program its tokens were issued to. */
      readonly session?: SessionPrincipal
      readonly clientId?: string
      readonly external?: ExternalToken
      /** What was derived from the principal before. */
      readonly derived?: Map<string, unknown>
    }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unknown' }

export interface BearerPorts {
  readonly verify: (token: string, visit: BearerVisit, nowMs: number) => Promise<AnyVerdict>
  readonly now: () => number
}

interface Background {
  waitUntil(work: Promise<unknown>): void
}

interface Seen {
  readonly holder: BearerHolder
  readonly stillCounts: ((context: Background) => boolean) | undefined
  readonly untilMs: number
  readonly issuer: string
}

/** Times the longest header kept, this is the most memory the caches take. */
const headersKept = 8000
const boundKept = 2000
const longestKept = 4096

/** A token as it was shown, in which header and how. */
interface Shown {
  readonly token: string
  readonly scheme: TokenScheme
  readonly header: string
}

export function createBearerTokens({ verify, now }: BearerPorts): BearerTokens {
  // Keyed by the whole header: a part or a digest of it could be another's too (CVE-2026-35039), and any digest costs more
  // than everything else a known token's request does. The rules are the isolate's, which a change of them ends.
  const seenHeaders = new BoundedMap<string, Seen>(headersKept)
  // Apart, so that what needs a proof is in no place that lets in without one.
  const seenBound = new BoundedMap<string, Seen>(boundKept)

  const seen = (header: string, context: Background): BearerHolder | null => good(seenHeaders.get(header), context)

  function good(entry: Seen | undefined, context: Background): BearerHolder | null {
    if (entry === undefined || now() >= entry.untilMs) return null
    return entry.stillCounts === undefined || entry.stillCounts(context) ? entry.holder : null
  }

  async function authenticate(header: string, visit: BearerVisit): Promise<BearerOutcome> {
    const presented = readAuthorization(header)
    switch (presented.kind) {
      case 'none':
      case 'several':
        return { kind: presented.kind }
      case 'malformed':
        return { kind: 'refused', reason: 'no token', issuer: null, scheme: presented.scheme }
      case 'bearer':
        return outcomeOf({ ...presented, scheme: 'bearer', header }, visit)
      case 'dpop': {
        const entry = seenBound.get(header)
        const holder = good(entry, visit)
        return entry === undefined || holder === null
          ? outcomeOf({ ...presented, scheme: 'dpop', header }, visit)
          : accepted(holder, presented.token, entry.issuer)
      }
    }
  }

  async function outcomeOf(shown: Shown, visit: BearerVisit): Promise<BearerOutcome> {
    const verdict = await verify(shown.token, visit, now())
    const { scheme } = shown
    switch (verdict.outcome) {
      case 'foreign':
        return { kind: 'foreign', scheme }
      case 'refused':
        return { kind: 'refused', reason: verdict.reason, issuer: verdict.issuer, scheme }
      case 'unknown':
        return { kind: 'undecided' }
      case 'valid':
        return schemeProblem(verdict, shown) ?? accept(verdict, shown, visit)
    }
  }

  async function accept(verdict: ValidToken, shown: Shown, visit: BearerVisit): Promise<BearerOutcome> {
    const { issuer, claims, jkt, expiresAtMs } = verdict
    const { header, scheme } = shown
    const person = await issuer.person(claims, visit, now())
    const name = issuer.rules.issuer
    if (person.outcome === 'unknown') return { kind: 'undecided' }
    if (person.outcome === 'refused') return { kind: 'refused', reason: person.reason, issuer: name, scheme }
    const { principal, session = null, clientId = null, external = null, stillCounts } = person
    const { derived = new Map<string, unknown>() } = person
    const kept = jkt === null ? seenHeaders : seenBound
    const before = kept.get(header)?.holder
    const isSame = before !== undefined && JSON.stringify(before.principal) === JSON.stringify(principal)
    const { forwardToken } = issuer.rules
    const holder = isSame ? before : { principal, session, clientId, external, derived, jkt, expiresAtMs, forwardToken }
    const untilMs = Math.min(verdict.relyUntilMs, person.relyUntilMs)
    if (header.length <= longestKept) kept.set(header, { holder, stillCounts, untilMs, issuer: name })
    return accepted(holder, shown.token, name)
  }

  return { seen, authenticate }
}

type ValidToken = AnyVerdict & { readonly outcome: 'valid' }

/** A bound token without its proof is somebody's who found it; a proof of a key that no token names proves nothing. */
function schemeProblem({ jkt, issuer }: ValidToken, { scheme }: Shown): BearerOutcome | null {
  if ((jkt === null) === (scheme === 'bearer')) return null
  const name = issuer.rules.issuer
  const reason = jkt === null ? 'not bound to a key' : 'bound to a key'
  return { kind: 'refused', reason, issuer: name, scheme: 'dpop' }
}

function accepted(holder: BearerHolder, token: string, issuer: string): BearerOutcome {
  const { jkt } = holder
  return jkt === null ? { kind: 'accepted', holder } : { kind: 'bound', holder: { ...holder, jkt }, token, issuer }
}
