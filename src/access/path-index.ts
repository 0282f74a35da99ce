// Finds the numbers of the patterns that match a path, in listed order. Knows nothing of hosts, methods or folding.

export type PathPattern = {
  readonly number: number
  /** The pattern as it is compared: canonical, or folded. */
  readonly text: string
  /** The pattern as it was written, in canonical form. */
  readonly spelling: string
}

type OpenPattern = { readonly number: number; readonly matches: (path: string) => boolean }

export type PathIndex = {
  /** Equal for two indexes with the same patterns. */
  readonly key: string
  readonly exact: ReadonlyMap<string, readonly number[]>
  readonly open: readonly OpenPattern[]
  /** Where several patterns have the same text: for each of their numbers those from it on. */
  readonly alike: ReadonlyMap<number, readonly PathPattern[]>
}

const escapeForRegExp = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}-]/g, '\\$&')

const belowPrefix = (base: string): ((path: string) => boolean) => {
  const slash = `${base}/`
  return (path) => path.startsWith(slash) || path === base
}

// Segments never contain '/', so each `[^/]+` ends where the next literal must begin: linear.
const compileOpen = (text: string, wildcard: string): ((path: string) => boolean) => {
  const segments = text.split('/').slice(1)
  const below = segments.at(-1) === wildcard
  const fixed = below ? segments.slice(0, -1) : segments
  if (!fixed.includes(wildcard)) return belowPrefix(fixed.map((segment) => `/${segment}`).join(''))
  const source = fixed.map((segment) => (segment === wildcard ? '/[^/]+' : `/${escapeForRegExp(segment)}`)).join('')
  const pattern = new RegExp(`^${source}${below ? '(?:/|$)' : '$'}`)
  return (path) => pattern.test(path)
}

export function compileIndex(patterns: readonly PathPattern[], wildcard: string): PathIndex {
  const exact = new Map<string, number[]>()
  const open: OpenPattern[] = []
  const groups = new Map<string, PathPattern[]>()
  const alike = new Map<number, readonly PathPattern[]>()
  for (const pattern of patterns) {
    const { number, text } = pattern
    if (text.includes(wildcard)) open.push({ number, matches: compileOpen(text, wildcard) })
    else exact.set(text, [...(exact.get(text) ?? []), number])
    groups.set(text, [...(groups.get(text) ?? []), pattern])
  }
  for (const group of groups.values()) {
    if (group.length === 1) continue
    for (const [position, { number }] of group.entries()) alike.set(number, group.slice(position))
  }
  return { key: patterns.map(({ text }) => text).join('\n'), exact, open, alike }
}

const none: readonly number[] = []

/** The lowest number, that is the first in listed order, whose pattern matches and which `admits`; null without one. */
export function firstMatch(index: PathIndex, path: string, admits: (number: number) => boolean): number | null {
  const literal = (index.exact.get(path) ?? none).find(admits) ?? null
  for (const { number, matches } of index.open) {
    if (literal !== null && literal < number) break
    if (matches(path) && admits(number)) return number
  }
  return literal
}
