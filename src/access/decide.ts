// May this principal make this request? Default deny, and every reading of the path has to be allowed.
//
// The route of the exact path is the one the request is forwarded by. Beside it the request must satisfy the routes of
// every fold of the path (readings.ts), looked up among patterns folded in the same way. Folding the patterns too is
// what keeps a case-sensitive public `/Docs/*` in front of a signed-in `/*` public: `/Docs/a` folds to `/docs/a`, which
// the folded `/docs/*` finds first. `/ADMIN/x` falls under `/*` as written and under `/admin/*` as folded: both must
// hold.
//
// A reading without a route denies, although the exact path has one: to an origin that reads it so the request is for
// something nobody listed. A rule that matches the exact path matches its folds as well, so this only shows where a `*`
// inside a rule stands for a segment with an encoded '?', '#' or a Unicode slash; list such pages by prefix
// (`/wiki/*`). Two rules which fold together (`/Docs/*` and `/docs/*`) must both hold. What the list gives away by its
// order stays given away: `/Admin/help/*` public before `/admin/*` serves `/Admin/help/x` to anybody, and a
// case-insensitive origin then shows them `/admin/help/x`, as the owner of the list asked.

import { type Requirement, type Route, type RouteTable, type RoutedRequest, matchFolded, matchRoute } from './rules.ts'
import { foldings } from './readings.ts'

export type Principal = {
  readonly roles: readonly string[]
  readonly aal: 1 | 2
  /** When they proved who they are; null where nobody says. */
  readonly provenAtMs: number | null
}

/** `atMs`: when it came, from which a recent proof is counted back. */
export type TimedRequest = RoutedRequest & { readonly atMs: number }

export type DenyReason = 'no-route' | 'not-signed-in' | 'missing-role' | 'aal-too-low' | 'proof-too-old'

/** `route` is the one whose requirement fails, which need not be the exact path's; null when a reading has none. */
type Denial<R extends Route> = { readonly outcome: 'deny'; readonly route: R | null; readonly reason: DenyReason }

export type Decision<R extends Route = Route> = { readonly outcome: 'allow'; readonly route: R } | Denial<R>

// A second factor is a new proof as well, but cannot mend a missing role, and nothing mends a missing route: the reason that
// is final wins.
const finality: Record<DenyReason, number> = {
  'proof-too-old': 1,
  'aal-too-low': 2,
  'not-signed-in': 3,
  'missing-role': 4,
  'no-route': 5,
}

const shortfall = (requirement: Requirement, principal: Principal | null, atMs: number): DenyReason | null => {
  if (requirement.kind === 'public') return null
  if (principal === null) return 'not-signed-in'
  const { roles, aal, recentMs } = requirement
  if (roles.length > 0 && !roles.some((role) => principal.roles.includes(role))) return 'missing-role'
  // Written so that an undefined level or time, which types exclude and JSON does not, is too low and too old.
  if (!(principal.aal >= aal)) return 'aal-too-low'
  if (recentMs === null) return null
  return principal.provenAtMs !== null && atMs - principal.provenAtMs < recentMs ? null : 'proof-too-old'
}

const denial = <R extends Route>(route: R, principal: Principal | null, atMs: number): Denial<R> | null => {
  const reason = shortfall(route.requirement, principal, atMs)
  return reason === null ? null : { outcome: 'deny', route, reason }
}

const unlisted = { outcome: 'deny', route: null, reason: 'no-route' } as const

/** Every route the folds of the path fall under, and whether one of them falls under none. */
const routesOfReadings = <R extends Route>(table: RouteTable<R>, request: RoutedRequest): (readonly R[])[] => {
  const found: (readonly R[])[] = []
  const asked: string[] = [request.path]
  const askedIn = [table.exact]
  for (const [fold, path] of foldings(request.path).entries()) {
    const index = table.folded[fold] ?? table.exact
    if (asked.some((other, position) => other === path && askedIn[position] === index)) continue
    asked.push(path)
    askedIn.push(index)
    found.push(matchFolded(table, index, { ...request, path }))
  }
  return found
}

export function decide<R extends Route>(
  table: RouteTable<R>,
  request: TimedRequest,
  principal: Principal | null,
): Decision<R> {
  const exact = matchRoute(table, request)
  if (exact === null) return { outcome: 'deny', route: null, reason: 'no-route' }
  let worst = denial(exact, principal, request.atMs)
  for (const routes of routesOfReadings(table, request)) {
    const denials = routes.length === 0 ? [unlisted] : routes.map((route) => denial(route, principal, request.atMs))
    for (const next of denials) {
      if (next !== null && (worst === null || finality[next.reason] > finality[worst.reason])) worst = next
    }
  }
  return worst ?? { outcome: 'allow', route: exact }
}
