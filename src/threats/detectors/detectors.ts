// The patterns of abuse that are looked for, one row each: in whose evidence, from how much on, and what it would lead to.
// Each looks at evidence and says what it found; nothing else. Pure.
import type { RecommendedAction } from '../network-report.ts'
import type { LimitRuleId } from '../../limits/rules.ts'
import type { EvidenceSummary } from './evidence.ts'

export type WatchedKind = 'address' | 'network' | 'account' | 'number'

export interface Finding {
  readonly type: DetectorId
  /** From 0.5, just beyond the thresholds, to 1. */
  readonly confidence: number
  readonly indicators: Readonly<Record<string, number>>
  readonly recommendedAction: RecommendedAction
}

export type Thresholds = Readonly<Record<string, number>>

/** By id, in limits/rules.ts. */
type Restricts = Readonly<Partial<Record<WatchedKind, readonly LimitRuleId[]>>>

export interface Detector {
  readonly watches: readonly WatchedKind[]
  readonly thresholds: Thresholds
  /** What the thresholds are about, and what speaks against it. */
  look(evidence: EvidenceSummary, subject: WatchedKind): { readonly seen: Thresholds; readonly isExcused: boolean }
  /** The rules whose response a subject gets when it is enforced. */
  readonly restricts: Restricts
}

/** A network is many addresses, and many people. */
const networkFactor = 5
const certainAt = 3
const blockFrom = 0.8

const ofNetworks = ['address', 'network'] as const

export const detectors = {
  /** Passwords of a breach, tried once or twice each at many accounts. Where most succeed, many people share an address. */
  'credential-stuffing': {
    watches: ofNetworks,
    thresholds: { failures: 20, accounts: 10 },
    look: (evidence) => {
      const failures = evidence.count('failure', 'unknown')
      const accounts = evidence.distinct('failure', 'unknown')
      return { seen: { failures, accounts }, isExcused: evidence.count('success') * 5 > failures }
    },
    restricts: { address: ['login'], network: ['login-network'] },
  },
  /** Names tried to learn who has an account: passwords for nobody, or messages to mailbox after mailbox. */
  'account-enumeration': {
    watches: ofNetworks,
    thresholds: { names: 15 },
    look: (evidence) => {
      const names = Math.max(evidence.distinct('unknown'), evidence.distinct('asked'))
      return { seen: { names }, isExcused: evidence.count('success') * 2 > names }
    },
    restricts: {
      address: ['login', 'password-forgot', 'magic-link-start', 'sign-up'],
      network: ['login-network'],
    },
  },
  /** Messages that cost money, to many numbers from one place or to one number from many, and hardly one code comes back. */
  'sms-flooding': {
    watches: ['address', 'network', 'number'],
    thresholds: { messages: 10, targets: 5 },
    look: (evidence, subject) => {
      const messages = evidence.count('sent') * (subject === 'number' ? 2 : 1)
      const targets = evidence.distinct('sent') * (subject === 'number' ? 2 : 1)
      return { seen: { messages, targets }, isExcused: evidence.count('answered') * 3 > evidence.count('sent') }
    },
    restricts: { number: ['phone-code'], address: ['phone-start'] },
  },
  /** One account, guessed at from many networks: what locks the account, seen as what it is. */
  'distributed-guessing': {
    watches: ['account'],
    thresholds: { failures: 10, networks: 5 },
    look: (evidence) => ({
      seen: { failures: evidence.count('failure', 'unknown'), networks: evidence.distinct('failure', 'unknown') },
      isExcused: false,
    }),
    restricts: {},
  },
  /** Tokens or session cookies tried by the dozen. One that is out of date comes again and again, and is one. */
  'token-spraying': {
    watches: ofNetworks,
    thresholds: { refused: 40, tokens: 25 },
    look: (evidence) => ({
      seen: { refused: evidence.count('refused'), tokens: evidence.distinct('refused') },
      isExcused: false,
    }),
    restricts: { address: ['everything'] },
  },
} as const satisfies Record<string, Detector>

export type DetectorId = keyof typeof detectors
export const detectorIds = Object.keys(detectors) as readonly DetectorId[]

/** Null: nothing, or not enough. */
export function detect(
  type: DetectorId,
  evidence: EvidenceSummary,
  { subject, thresholds }: { readonly subject: WatchedKind; readonly thresholds: Thresholds },
): Finding | null {
  const detector: Detector = detectors[type]
  if (!detector.watches.includes(subject)) return null
  const { seen, isExcused } = detector.look(evidence, subject)
  if (isExcused) return null
  const factor = subject === 'network' ? networkFactor : 1
  // By the least of them: many tries at one account are no stuffing, and many accounts with a try each no flood.
  const ratios = Object.entries(seen).map(([name, value]) => value / ((thresholds[name] ?? Infinity) * factor))
  const times = Math.min(...ratios)
  if (times < 1) return null
  const confidence = Math.min(1, 0.5 + (0.5 * (times - 1)) / (certainAt - 1))
  return { type, confidence, indicators: seen, recommendedAction: actionOf(detector, subject, confidence) }
}

export function restrictsOf(type: DetectorId, subject: WatchedKind): readonly LimitRuleId[] {
  const detector: Detector = detectors[type]
  return detector.restricts[subject] ?? []
}

function actionOf({ restricts }: Detector, subject: WatchedKind, confidence: number): RecommendedAction {
  if (restricts[subject] === undefined) return 'monitor'
  return confidence >= blockFrom ? 'block' : 'rate_limit'
}
