// What a limit is, and what its kinds have in common: the rows are in rules.ts.
import type { FlagState } from '../kit/flag.ts'
import type { CountedRule } from './counter.ts'
import type { RuleSubject } from './subject.ts'

/**
 * `everything`: each request. `api`: the gateway's own API and the site's `apiPaths`. `own`: a method and a path below
 * `basePath`, in which `*` is one segment. `guarded`: whatever the rules with `own` match. `asked`: a login method asks for it
 * once it knows whom the request is about.
 */
export type RuleMatch = 'everything' | 'api' | 'asked' | 'guarded' | { readonly own: readonly string[] }

export interface LimitRule extends Omit<CountedRule, 'id'> {
  readonly matches: RuleMatch
  readonly phase: 'before-identity' | 'after-identity' | 'login'
  readonly subject: RuleSubject
  /** Units an attempt costs. */
  readonly cost: number
  /**
   * What meets the attempt that is one too many: no; a question that only people can answer; or a wait of up to ten
   * seconds until there is room for it.
   */
  readonly response: 'refuse' | 'captcha' | 'delay'
  /** What a `captcha` rule does where no captcha is configured: one that would keep out everybody is off. */
  readonly withoutCaptcha: 'refuse' | 'off'
  /** When the counter cannot be asked: a count of the isolate's own, or nothing passes. */
  readonly unreachable: 'open' | 'closed'
  readonly state: FlagState
  readonly event: 'login.limited' | 'traffic.limited'
}

/** What guards credentials and messages: few attempts, counted one by one, and none while nobody counts. */
export const guarded = {
  cost: 1,
  countsRefused: false,
  hasPenalties: true,
  isLeased: false,
  response: 'refuse',
  withoutCaptcha: 'refuse',
  unreachable: 'closed',
  state: 'enforce',
  event: 'login.limited',
} as const

/** What keeps one client from crowding out the others: many requests, none of which waits to be counted. */
export const traffic = {
  cost: 1,
  countsRefused: false,
  hasPenalties: false,
  isLeased: true,
  response: 'refuse',
  withoutCaptcha: 'refuse',
  unreachable: 'open',
  state: 'enforce',
  event: 'traffic.limited',
} as const

/** About somebody who need not be the one who asks: whoever exceeds it must not make it worse for them. */
export const shared = { ...guarded, hasPenalties: false, phase: 'login', matches: 'asked' } as const

export const byAddress = { phase: 'before-identity', subject: 'address' } as const
