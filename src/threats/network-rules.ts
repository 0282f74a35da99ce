// Whether the site turns a network away, or would: rules by what the lists say of it, the first that fits decides. Pure.
import { foldings } from '../access/readings.ts'
import { type FlagState, enforces } from '../kit/flag.ts'
import type { Listed } from './network-lists/network-lists.ts'
import type { ListKind } from './network-lists/lists.ts'

export interface NetworkRule {
  readonly id: string
  /** Any of them. */
  readonly kinds: readonly ListKind[]
  /** Exact, or a prefix that ends in `/*`. */
  readonly paths: readonly string[]
  readonly action: 'block' | 'allow'
  readonly state: FlagState
}

export interface NetworkDecision {
  readonly rule: NetworkRule
  /** `would-block`: in shadow, where nobody is kept out. */
  readonly outcome: 'block' | 'would-block' | 'allow'
}

/** Null: no rule is about it. `subject` is the network, so that a share is always of the same ones. */
export function decideNetwork(
  rules: readonly NetworkRule[],
  { kinds }: Listed,
  { path, subject, nowMs }: { readonly path: string; readonly subject: string; readonly nowMs: number },
): NetworkDecision | null {
  if (kinds.length === 0) return null
  for (const rule of rules) {
    if (rule.state === 'off' || !rule.kinds.some((kind) => kinds.includes(kind)) || !isAbout(rule, path)) continue
    if (rule.action === 'allow') return { rule, outcome: 'allow' }
    return { rule, outcome: enforces(rule.state, { name: rule.id, subject, nowMs }) ? 'block' : 'would-block' }
  }
  return null
}

/**
 * An exception has to fit the path as it is; what is kept out is kept out under every spelling that an origin might take
 * for the same path.
 */
function isAbout({ paths, action }: NetworkRule, path: string): boolean {
  if (paths.some((pattern) => fits(pattern, path))) return true
  if (action === 'allow') return false
  return foldings(path).some((folded) => paths.some((pattern) => fits(pattern.toLowerCase(), folded)))
}

function fits(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === path
  return path === pattern.slice(0, -2) || path.startsWith(pattern.slice(0, -1))
}
