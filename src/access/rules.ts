// The table of routes and which route a request falls under. Decides nothing about principals.

import { canonicalPath } from './canonical-path.ts'
import { type HostPatterns, admitsHost, compileHosts } from './host-patterns.ts'
import { type PathIndex, type PathPattern, compileIndex, firstMatch } from './path-index.ts'
import { folds, foldings } from './readings.ts'

export type Requirement =
  | { readonly kind: 'public' }
  | {
      readonly kind: 'signed-in'
      /** Any one of these; none asked for when empty. */
      readonly roles: readonly string[]
      readonly aal: 1 | 2
      /** How long ago somebody may have proven who they are; null: as long as their credential counts. */
      readonly recentMs: number | null
    }

export type Route = {
  /** `/exact`, or a prefix that ends in `/*`; `*` is a whole segment. */
  readonly path: string
  /** Exact hosts or `*.example.com`; empty means every host. */
  readonly hosts: readonly string[]
  /** Empty means every method. */
  readonly methods: readonly string[]
  readonly requirement: Requirement
  readonly origin: string
}

export type RoutedRequest = { readonly host: string; readonly path: string; readonly method: string }

type Entry<R> = { readonly route: R; readonly hosts: HostPatterns; readonly methods: ReadonlySet<string> }

export type RouteTable<R extends Route = Route> = {
  readonly entries: readonly Entry<R>[]
  readonly exact: PathIndex
  /** One per fold of readings.ts; the same object where the patterns come out the same. */
  readonly folded: readonly PathIndex[]
}

// Stands for a `*` segment while patterns are folded: no canonical path can hold it and no fold touches it.
const wildcard = '\u0001'
const notVisibleAscii = /[^\x21-\x7e]+/g

const encodePattern = (path: string): string | null => {
  try {
    return path.replace(notVisibleAscii, (run) => encodeURIComponent(run))
  } catch {
    return null
  }
}

// A pattern in another spelling than the canonical one would never match, and a rule that never matches fails open.
const canonicalPattern = (path: string): string => {
  const encoded = encodePattern(path)
  const canonical = encoded === null ? null : canonicalPath(encoded)
  if (canonical === null || !canonical.ok) {
    throw new RangeError(`route ${JSON.stringify(path)}: ${canonical?.reason ?? 'invalid-utf8'}`)
  }
  const segments = canonical.path.split('/')
  if (segments.some((segment) => segment.includes('*') && segment !== '*')) {
    throw new RangeError(`route ${JSON.stringify(path)}: "*" must be a whole segment; write %2A for the character`)
  }
  return segments.map((segment) => (segment === '*' ? wildcard : segment)).join('/')
}

const compileMethods = (methods: readonly string[]): ReadonlySet<string> => {
  const upper = new Set(methods.map((method) => method.toUpperCase()))
  // RFC 9110 §9.3.2: HEAD is GET without the content, and origins answer it from the same resource.
  if (upper.has('GET')) upper.add('HEAD')
  return upper
}

/** Throws RangeError, naming the route, for a path or host that could never match. */
export function compileRoutes<R extends Route>(routes: readonly R[]): RouteTable<R> {
  const entries = routes.map((route) => ({
    route,
    hosts: compileHosts(route.hosts),
    methods: compileMethods(route.methods),
  }))
  const spellings = routes.map((route) => canonicalPattern(route.path))
  const known: PathIndex[] = []
  const indexOf = (texts: readonly string[]): PathIndex => {
    const patterns = texts.map((text, number): PathPattern => ({ number, text, spelling: spellings[number] ?? text }))
    const index = compileIndex(patterns, wildcard)
    const same = known.find((other) => other.key === index.key)
    if (same === undefined) known.push(index)
    return same ?? index
  }
  const exact = indexOf(spellings)
  const foldedSpellings = spellings.map(foldings)
  const folded = folds.map((_, fold) => indexOf(foldedSpellings.map((texts) => texts[fold] ?? '')))
  return { entries, exact, folded }
}

const admits = <R>(entry: Entry<R>, request: RoutedRequest): boolean =>
  (entry.methods.size === 0 || entry.methods.has(request.method.toUpperCase())) && admitsHost(entry.hosts, request.host)

const firstNumber = <R extends Route>(table: RouteTable<R>, index: PathIndex, request: RoutedRequest): number | null =>
  firstMatch(index, request.path, (number) => {
    const entry = table.entries[number]
    return entry !== undefined && admits(entry, request)
  })

/** The first route in listed order that names the request's path, host and method. */
export function matchRoute<R extends Route>(table: RouteTable<R>, request: RoutedRequest): R | null {
  const number = firstNumber(table, table.exact, request)
  return number === null ? null : (table.entries[number]?.route ?? null)
}

/**
 * The routes a folded path falls under in a folded index: the first in listed order, and with it every route whose
 * pattern folds to the same text from another spelling (`/Admin/*` beside `/admin/*`), for an origin may take either.
 * Empty when there is none.
 */
export function matchFolded<R extends Route>(
  table: RouteTable<R>,
  index: PathIndex,
  request: RoutedRequest,
): readonly R[] {
  const first = firstNumber(table, index, request)
  const entry = first === null ? undefined : table.entries[first]
  if (first === null || entry === undefined) return []
  const alike = index.alike.get(first)
  if (alike === undefined) return [entry.route]
  const found: R[] = []
  const seen = new Set<string>()
  for (const { number, spelling } of alike) {
    const other = table.entries[number]
    if (other === undefined || seen.has(spelling) || !admits(other, request)) continue
    seen.add(spelling)
    found.push(other.route)
  }
  return found
}
