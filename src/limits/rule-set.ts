// The rules as a site wants them, ready to be asked of each request: by phase, and apart for the gateway's own paths.
import type { FlagState } from '../kit/flag.ts'
import type { CountedRule } from './counter.ts'
import type { LimitRule } from './rule-kinds.ts'
import { type LimitRuleId, limitRuleIds, limitRules } from './rules.ts'

/** What a site may say otherwise. */
export interface RuleOverride {
  readonly limit?: number | undefined
  readonly windowS?: number | undefined
  readonly cost?: number | undefined
  readonly countsRefused?: boolean | undefined
  readonly state?: FlagState | undefined
  readonly unreachable?: LimitRule['unreachable'] | undefined
  readonly response?: LimitRule['response'] | undefined
}

/** The part of a request that rules look at. */
export interface Attempt {
  readonly request: { readonly method: string }
  readonly target: { readonly path: string }
}

export interface ActiveRule extends LimitRule {
  readonly id: LimitRuleId
  /** Its place among all active rules. */
  readonly index: number
  /** The part of it that the counting object is told. */
  readonly counted: CountedRule
  isMatch(attempt: Attempt): boolean
}

export type StagePhase = Exclude<LimitRule['phase'], 'login'>

export interface RuleSet {
  readonly all: readonly ActiveRule[]
  /** The rules of a stage that a request for that path can meet, those about `ipv6-network` excepted. */
  at(phase: StagePhase, path: string): readonly ActiveRule[]
  /** Those: none for the site's own paths. */
  ofNetwork(path: string): readonly ActiveRule[]
  /** Null while the rule is off. */
  get(id: LimitRuleId): ActiveRule | null
}

export interface RuleSetOptions {
  readonly basePath: string
  /** As in routes: exact, or a prefix that ends in `/*`. */
  readonly apiPaths: readonly string[]
  readonly overrides: Readonly<Partial<Record<LimitRuleId, RuleOverride | undefined>>>
  /** Whether people can be asked for a captcha. */
  readonly hasCaptcha: boolean
}

export function compileRules(options: RuleSetOptions): RuleSet {
  const all = limitRuleIds
    .map((id) => ({ id, ...workable(overridden(limitRules[id], options.overrides[id]), options) }))
    .filter(({ state }) => state !== 'off')
    .map((rule, index) => activeRule(rule, index, options))
  const of = (phase: LimitRule['phase'], where: 'site' | 'own') =>
    all.filter((rule) => rule.phase === phase && rule.subject !== 'ipv6-network' && (where === 'own' || !isOwn(rule)))
  const stage = (phase: StagePhase) => ({ site: of(phase, 'site'), own: of(phase, 'own') })
  const stages = { 'before-identity': stage('before-identity'), 'after-identity': stage('after-identity') }
  const networks = all.filter(({ subject }) => subject === 'ipv6-network')
  const siteNetworks = networks.filter((rule) => !isOwn(rule))
  const ownPrefix = `${options.basePath}/`
  return {
    all,
    at: (phase, path) => (path.startsWith(ownPrefix) ? stages[phase].own : stages[phase].site),
    ofNetwork: (path) => (path.startsWith(ownPrefix) ? networks : siteNetworks),
    get: (id) => all.find((rule) => rule.id === id) ?? null,
  }
}

function overridden(rule: LimitRule, { windowS, ...override }: RuleOverride = {}): LimitRule {
  const said = Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined))
  return { ...rule, ...said, ...(windowS === undefined ? {} : { windowMs: windowS * 1000 }) }
}

/** What cannot be asked is not asked; and to wait is no offence. */
function workable(rule: LimitRule, { hasCaptcha }: RuleSetOptions): LimitRule {
  if (rule.response === 'delay') return { ...rule, hasPenalties: false }
  if (rule.response !== 'captcha' || hasCaptcha) return rule
  return rule.withoutCaptcha === 'refuse' ? { ...rule, response: 'refuse' } : { ...rule, state: 'off' }
}

function isOwn({ matches }: LimitRule): boolean {
  return typeof matches === 'object' || matches === 'guarded'
}

function activeRule(rule: LimitRule & { id: LimitRuleId }, index: number, options: RuleSetOptions): ActiveRule {
  const { id, limit, windowMs, countsRefused, hasPenalties, isLeased } = rule
  return {
    ...rule,
    index,
    counted: { id, limit, windowMs, countsRefused, hasPenalties, isLeased },
    isMatch: matcher(rule.matches, options),
  }
}

function matcher(matches: LimitRule['matches'], { basePath, apiPaths }: RuleSetOptions): ActiveRule['isMatch'] {
  if (matches === 'everything' || matches === 'asked') return () => true
  if (matches !== 'api') {
    const own = matches === 'guarded' ? guardedRequests() : matches.own
    const whole = own.map((request) => request.replace(' ', ` ${basePath}`))
    const requests = new Set(whole)
    // Those with an id in the middle, of which there are few.
    const patterns = whole.flatMap((request) => (request.includes('*') ? [segmentPattern(request)] : []))
    return ({ request, target }) => {
      const asked = `${request.method} ${target.path}`
      return requests.has(asked) || patterns.some((pattern) => pattern.test(asked))
    }
  }
  const exact = new Set(apiPaths.map((path) => path.replace(/\/\*$/, '')))
  const prefixes = [
    ...apiPaths.filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1)),
    `${basePath}/v1/`,
  ]
  return ({ target: { path } }) => {
    for (const prefix of prefixes) if (path.startsWith(prefix)) return true
    return exact.has(path)
  }
}

function guardedRequests(): readonly string[] {
  const rules: readonly LimitRule[] = Object.values(limitRules)
  return rules.flatMap(({ matches }) => (typeof matches === 'object' ? matches.own : []))
}

/** `*` is one segment of the path. */
function segmentPattern(request: string): RegExp {
  return new RegExp(`^${request.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+')}$`)
}
