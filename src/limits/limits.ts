// The limits of a running gateway: who is counted where, and whether an attempt passes.
import { BoundedMap } from '../kit/bounded-map.ts'
import { minuteMs } from '../kit/duration.ts'
import { log } from '../log.ts'
import { type LimitProblem, createLimitGate } from './limit-gate.ts'
import type { AskLimits, GiveBack } from './limiter.ts'
import type { Background } from './object-talk.ts'
import { createPatience } from './patience.ts'
import type { ActiveRule, Attempt, RuleSet, StagePhase } from './rule-set.ts'
import type { LimitRuleId } from './rules.ts'
import { addressSubject, askedSubject, isUnknownAddress, limitObjectName, networkSubject } from './subject.ts'
import { type SubjectState, newSubject } from './subject-state.ts'
import { type SmsFuse, type SmsShard, createSmsFuse } from './sms-fuse.ts'
import { type RuleTally, createTally } from './tally.ts'

type Answer = LimitProblem | null | Promise<LimitProblem | null>

export interface Limits {
  /** The rules of a stage, for the network a request comes from. `place` is asked for when the network is a new one. */
  ofAddress(phase: StagePhase, attempt: Attempt, client: NetworkClient, background: Background): Answer
  ofUser(phase: StagePhase, attempt: Attempt, user: CountedUser, background: Background): Answer
  /** A rule that a login method asks for, about somebody it has just read from the request. */
  asked(rule: LimitRuleId, text: string, from: AskedFrom, background: Background): Answer
  /** An attempt that turned out to be none of those the rule means. */
  giveBack(rule: LimitRuleId, text: string, from: AskedFrom): Promise<void>
  /**
   * Whether nobody spent this text within that time; exact, and across restarts when it is over a minute. Rejects when
   * nobody can tell.
   */
  spendOnce(text: string, windowMs: number): Promise<boolean>
  /** Whether a text may be sent. */
  readonly sms: SmsFuse
  tallies(): readonly RuleTally[]
}

interface CountedUser {
  readonly userId: string
  /** Continent by the platform's code, near which the user is counted; null: anywhere. */
  readonly place: string | null
}

export interface AskedFrom extends Attempt {
  readonly client: NetworkClient
}

interface NetworkClient {
  readonly ip: string | null
  readonly continent: string | null
}

export interface LimitsOptions {
  readonly rules: RuleSet
  readonly shards: number
  readonly ipv6Prefix: number
  /** Hides mail addresses and numbers from whoever reads the counters' storage. */
  readonly secret: Uint8Array
  readonly ask: AskLimits
  readonly giveBack: GiveBack
  readonly smsShard: (objectName: string) => SmsShard
  readonly now: () => number
}

const subjectsKept = 20_000
const alertEveryMs = minuteMs

export function createLimits({
  rules,
  shards,
  ipv6Prefix,
  secret,
  ask,
  giveBack,
  smsShard,
  now,
}: LimitsOptions): Limits {
  const tally = createTally(rules.all, (rule) => log('info', 'a limit in shadow would have refused', { rule }))
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const gate = createLimitGate({ ask, tally, now, sleep })
  const patience = createPatience(sleep)
  // By the text of an address, so that a known one is not parsed again; several texts may lead to one subject.
  const byText = new BoundedMap<string | null, SubjectState>(subjectsKept)
  const byKey = new BoundedMap<string, SubjectState>(subjectsKept)
  let alertedAtMs = 0

  function subjectOf(key: string, place: string | null): SubjectState {
    const known = byKey.get(key)
    if (known !== undefined) return known
    const subject = newSubject(key, limitObjectName(key, place, shards))
    byKey.set(key, subject)
    return subject
  }

  function addressOf({ ip, continent }: NetworkClient): SubjectState {
    const key = addressSubject(ip, ipv6Prefix)
    if (isUnknownAddress(key)) return subjectOf(key, null)
    const subject = subjectOf(key, continent)
    byText.set(ip, subject)
    return subject
  }

  /** Behind the platform every request has an address: without one they share a bucket, and somebody should look. */
  function alert(subject: SubjectState): void {
    if (!isUnknownAddress(subject.key) || now() - alertedAtMs < alertEveryMs) return
    alertedAtMs = now()
    log('error', 'requests without a client address share one limit', { header: 'cf-connecting-ip' })
  }

  function askedOf({ subject }: ActiveRule, text: string, { client: { ip } }: AskedFrom): SubjectState {
    return subjectOf(askedSubject(subject, text, { ip, ipv6Prefix, secret }), null)
  }

  return {
    ofAddress(phase, attempt, client, background) {
      let subject = byText.get(client.ip)
      if (subject === undefined) {
        subject = addressOf(client)
        alert(subject)
      }
      const known = subject
      const { path } = attempt.target
      const found = patience.wait(() => gate.check(rules.at(phase, path), known, attempt, background))
      if (phase !== 'before-identity') return found
      const wider = rules.ofNetwork(path)
      const key = wider.length === 0 ? null : networkSubject(client.ip)
      if (key === null) return found
      return afterwards(found, () => {
        const network = subjectOf(key, client.continent)
        return patience.wait(() => gate.check(wider, network, attempt, background))
      })
    },
    ofUser(phase, attempt, { userId, place }, background) {
      const matching = rules.at(phase, attempt.target.path)
      if (matching.length === 0) return null
      const subject = byKey.get(userId) ?? subjectOf(userId, place)
      return patience.wait(() => gate.check(matching, subject, attempt, background))
    },
    asked(id, text, from, background) {
      const rule = rules.get(id)
      if (rule === null) return null
      return patience.wait(() => gate.check([rule], askedOf(rule, text, from), from, background))
    },
    async giveBack(id, text, from) {
      const rule = rules.get(id)
      if (rule === null) return
      const { objectName, key } = askedOf(rule, text, from)
      await giveBack(objectName, key, rule.counted, rule.cost)
    },
    async spendOnce(text, windowMs) {
      const key = `once:${text}`
      const rule = { id: 'once', limit: 1, windowMs, countsRefused: false, hasPenalties: false, isLeased: false }
      const question = { rule, isEnforced: true, units: 1, lease: null }
      const [verdict] = await ask(limitObjectName(key, null, shards), key, [question])
      return verdict?.isAllowed === true
    },
    sms: createSmsFuse({ rules, tally, shard: smsShard, shards, secret, now }),
    tallies: () => tally.read(),
  }
}

/** The second question only where the first has no objection. */
function afterwards(first: Answer, second: () => Answer): Answer {
  if (first instanceof Promise) return first.then((problem) => problem ?? second())
  return first ?? second()
}
