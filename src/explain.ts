// What would happen to a request, and why: by the functions that decide about real ones. `explain` knows the settings alone:
// who asks is given, and of limits it tells which would count. `inCircumstances` adds what a running gateway knows of an
// address and a user: the lists they are on, and how far the limits are.
import { canonicalTarget } from './access/canonical-target.ts'
import { type Principal, decide } from './access/decide.ts'
import { denyCodes } from './access/deny-codes.ts'
import { type ReservedHeaders, hopByHop } from './access/reserved-headers.ts'
import type { RouteTable } from './access/rules.ts'
import type { RouteSettings } from './config/settings.ts'
import type { ErrorCode } from './errors.ts'
import { secondMs } from './kit/duration.ts'
import type { LimitReading } from './limits/limit-reader.ts'
import type { ActiveRule, RuleSet } from './limits/rule-set.ts'
import type { LimitRule } from './limits/rule-kinds.ts'
import type { LimitRuleId } from './limits/rules.ts'
import type { NetworkOpinion } from './threats/networks.ts'

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
  /** Null where nobody said which address it comes from. */
  readonly network: ExplainedNetwork | null
  /** Headers that would not reach the site. */
  readonly removed_headers: readonly string[]
}

interface ExplainedNetwork {
  readonly lists: readonly string[]
  /** The rule of `threats.networkRules` that is about it, if any. */
  readonly rule: string | null
  readonly outcome: 'allow' | 'block' | 'would-block' | 'no-rule'
}

export interface ExplainedLimit {
  readonly id: LimitRuleId
  readonly counts: string
  readonly limit: number
  readonly window_s: number
  readonly response: LimitRule['response']
  readonly state: unknown
  /** How many attempts would pass now, and how long the next one waits; null where nobody said whose they are. */
  readonly remaining: number | null
  readonly retry_after_s: number | null
}

const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK'])

export function explain(parts: ExplainParts, asked: Explained): Explanation {
  const { method, headers, principal, atMs } = asked
  const removed = removedHeaders(parts.reserved, headers)
  const nothing = { target: null, rule: null, limits: [], network: null, removed_headers: removed }
  if (refusedMethods.has(method)) return { ...nothing, decision: 'deny', code: 'method_not_allowed', reason: 'method' }
  const judged = canonicalTarget(asked.url, headers['host'] ?? hostOf(asked.url))
  if (!judged.ok) return { ...nothing, decision: 'deny', code: 'bad_target', reason: judged.reason }
  const { target } = judged
  const limits = limitsOf(parts.rules, { method, target, principal })
  const found = { target, limits, network: null, removed_headers: removed }
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
  return all.filter((rule) => rule.isMatch(attempt)).map((rule) => explainedLimit(rule, null))
}

export function explainedLimit(
  { id, subject, limit, windowMs, response, state }: ActiveRule,
  reading: LimitReading | null,
): ExplainedLimit {
  return {
    id,
    counts: typeof subject === 'string' ? subject : subject.join(' and '),
    // As a penalty or a detector left it.
    limit: reading?.limit ?? limit,
    window_s: windowMs / secondMs,
    response,
    state,
    remaining: reading?.remaining ?? null,
    retry_after_s: reading === null ? null : Math.ceil(reading.retryAfterMs / secondMs),
  }
}

export interface Circumstances {
  readonly network: NetworkOpinion | null
  /** Of the rules that `explain` found, those that could be read. */
  readonly readings: ReadonlyMap<LimitRuleId, { readonly rule: ActiveRule; readonly reading: LimitReading }>
}

/** In the order of the stages: what is refused by its target stays that; then networks, then limits, and then who may. */
export function inCircumstances(found: Explanation, { network, readings }: Circumstances): Explanation {
  if (found.target === null) return found
  const limits = found.limits.map((limit) => {
    const read = readings.get(limit.id)
    return read === undefined ? limit : explainedLimit(read.rule, read.reading)
  })
  const known = { ...found, limits, network: network === null ? null : explainedNetwork(network) }
  if (network?.decision?.outcome === 'block')
    return { ...known, decision: 'deny', code: 'forbidden', reason: `network rule ${network.decision.rule.id}` }
  const exceeded = [...readings.values()].find(({ reading }) => !reading.isAllowed && reading.isEnforced)
  if (exceeded === undefined) return known
  return { ...known, decision: 'deny', code: codeOf(exceeded.rule), reason: `limit ${exceeded.rule.id}` }
}

function codeOf({ response, event }: ActiveRule): ErrorCode {
  if (response === 'captcha') return 'captcha_required'
  return event === 'login.limited' ? 'too_many_attempts' : 'too_many_requests'
}

function explainedNetwork({ listed, decision }: NetworkOpinion): ExplainedNetwork {
  return { lists: listed.lists, rule: decision?.rule.id ?? null, outcome: decision?.outcome ?? 'no-rule' }
}

function removedHeaders(isReserved: ReservedHeaders, headers: Readonly<Record<string, string>>): readonly string[] {
  const connectionOnly = hopByHop(headers['connection'] ?? null)
  return Object.keys(headers).filter((name) => isReserved(name) || connectionOnly.has(name))
}
