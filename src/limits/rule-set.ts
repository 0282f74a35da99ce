// The rules as a site wants them, ready to be asked of each request: by phase, and apart for the gateway's own paths.
import { hashOf } from '../kit/hash.ts'
import type { CountedRule } from './counter.ts'
import { type LimitRule, type LimitRuleId, type RuleState, limitRuleIds, limitRules } from './rules.ts'

/** What a site may say otherwise. */
export interface RuleOverride {
  readonly limit?: number | undefined
  readonly windowS?: number | undefined
  readonly cost?: number | undefined
  readonly countsRefused?: boolean | undefined
  readonly state?: RuleState | undefined
  readonly unreachable?: LimitRule['unreachable'] | undefined
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
  /** The rules of a stage that a request for that path can meet. */
  at(phase: StagePhase, path: string): readonly ActiveRule[]
  /** Null while the rule is off. */
  get(id: LimitRuleId): ActiveRule | null
}

export interface RuleSetOptions {
  readonly basePath: string
  /** As in routes: exact, or a prefix that ends in `/*`. */
  readonly apiPaths: readonly string[]
  readonly overrides: Readonly<Partial<Record<LimitRuleId, RuleOverride | undefined>>>
}

export function compileRules(options: RuleSetOptions): RuleSet {
  const all = limitRuleIds
    .map((id) => ({ id, ...overridden(limitRules[id], options.overrides[id]) }))
    .filter(({ state }) => state !== 'off')
    .map((rule, index) => activeRule(rule, index, options))
  const of = (phase: LimitRule['phase'], where: 'site' | 'own') =>
    all.filter((rule) => rule.phase === phase && (where === 'own' || typeof rule.matches !== 'object'))
  const stage = (phase: StagePhase) => ({ site: of(phase, 'site'), own: of(phase, 'own') })
  const stages = { 'before-identity': stage('before-identity'), 'after-identity': stage('after-identity') }
  const ownPrefix = `${options.basePath}/`
  return {
    all,
    at: (phase, path) => (path.startsWith(ownPrefix) ? stages[phase].own : stages[phase].site),
    get: (id) => all.find((rule) => rule.id === id) ?? null,
  }
}

function overridden(rule: LimitRule, { windowS, ...override }: RuleOverride = {}): LimitRule {
  const said = Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined))
  return { ...rule, ...said, ...(windowS === undefined ? {} : { windowMs: windowS * 1000 }) }
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
    const own = matches.own.map((request) => request.replace(' ', ` ${basePath}`))
    const requests = new Set(own)
    // Those with an id in the middle, of which there are few.
    const patterns = own.flatMap((request) => (request.includes('*') ? [segmentPattern(request)] : []))
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

/** `*` is one segment of the path. */
function segmentPattern(request: string): RegExp {
  return new RegExp(`^${request.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+')}$`)
}

/** The same subjects always, so that nobody's limits come and go. */
export function isEnforcedFor({ id, state }: Pick<ActiveRule, 'id' | 'state'>, subject: string): boolean {
  if (typeof state === 'object') return hashOf(`${id} ${subject}`) % 100 < state.enforcePercent
  return state === 'enforce'
}
