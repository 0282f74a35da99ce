// What would happen to a request, and why: by the functions that decide about real ones, over the settings alone. It knows no
// sessions, no tokens and no counts: who asks is given, and of limits it tells which would count, not how far they are.
import { canonicalTarget } from './access/canonical-target.ts'
import { type Principal, decide } from './access/decide.ts'
import { denyCodes } from './access/deny-codes.ts'
import { type ReservedHeaders, hopByHop } from './access/reserved-headers.ts'
import type { RouteTable } from './access/rules.ts'
import type { RouteSettings } from './config/settings.ts'
import type { ErrorCode } from './errors.ts'
import type { ActiveRule, RuleSet } from './limits/rule-set.ts'

export interface Explained {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly principal: Principal | null
  /** When it would come. */
  readonly atMs: number
}

export interface ExplainParts {
  readonly routes: RouteTable<RouteSettings>
  readonly rules: RuleSet
  readonly reserved: ReservedHeaders
  readonly basePath: string
}

export interface Explanation {
  readonly decision: 'allow' | 'deny' | 'own_path'
  /** What a refusal is called. */
  readonly code: ErrorCode | null
  readonly reason: string
  /** Null where the target is refused. */
  readonly target: { readonly host: string; readonly path: string; readonly search: string } | null
  /** The route that decided: of a denial the one whose requirement fails, which may be that of another reading of the path. */
  readonly rule: (Pick<RouteSettings, 'path' | 'hosts' | 'methods' | 'origin'> & { readonly require: unknown }) | null
  readonly limits: readonly ExplainedLimit[]
  /** Headers that would not reach the site. */
  readonly removed_headers: readonly string[]
}

interface ExplainedLimit {
  readonly id: string
  readonly counts: string
  readonly limit: number
  readonly window_s: number
  readonly response: string
  readonly state: unknown
}

const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK'])

export function explain(parts: ExplainParts, asked: Explained): Explanation {
  const { method, headers, principal, atMs } = asked
  const removed = removedHeaders(parts.reserved, headers)
  const nothing = { target: null, rule: null, limits: [], removed_headers: removed }
  if (refusedMethods.has(method)) return { ...nothing, decision: 'deny', code: 'method_not_allowed', reason: 'method' }
  const judged = canonicalTarget(asked.url, headers['host'] ?? hostOf(asked.url))
  if (!judged.ok) return { ...nothing, decision: 'deny', code: 'bad_target', reason: judged.reason }
  const { target } = judged
  const found = { target, limits: limitsOf(parts.rules, { method, target, principal }), removed_headers: removed }
  if (target.path === parts.basePath || target.path.startsWith(`${parts.basePath}/`))
    return { ...found, decision: 'own_path', code: null, reason: 'the gateway answers it itself', rule: null }
  const decided = decide(parts.routes, { host: target.host, path: target.path, method, atMs }, principal)
  const rule = ruleOf(decided.route)
  if (decided.outcome === 'allow')
    return { ...found, decision: 'allow', code: null, reason: `goes to ${decided.route.origin}`, rule }
  return { ...found, decision: 'deny', code: denyCodes[decided.reason], reason: decided.reason, rule }
}

/** Of what a person types: an address in full. */
function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null
}

function ruleOf(route: RouteSettings | null): Explanation['rule'] {
  if (route === null) return null
  const { path, hosts, methods, origin, requirement } = route
  return { path, hosts, methods, origin, require: requirement }
}

function limitsOf(
  rules: RuleSet,
  { method, target, principal }: { method: string; target: { readonly path: string }; principal: Principal | null },
): readonly ExplainedLimit[] {
  const attempt = { request: { method }, target }
  const all: readonly ActiveRule[] = [
    ...rules.at('before-identity', target.path),
    ...rules.ofNetwork(target.path),
    ...(principal === null ? [] : rules.at('after-identity', target.path)),
  ]
  return all
    .filter((rule) => rule.isMatch(attempt))
    .map(({ id, subject, limit, windowMs, response, state }) => ({
      id,
      counts: typeof subject === 'string' ? subject : subject.join(' and '),
      limit,
      window_s: windowMs / 1000,
      response,
      state,
    }))
}

function removedHeaders(isReserved: ReservedHeaders, headers: Readonly<Record<string, string>>): readonly string[] {
  const connectionOnly = hopByHop(headers['connection'] ?? null)
  return Object.keys(headers).filter((name) => isReserved(name) || connectionOnly.has(name))
}
