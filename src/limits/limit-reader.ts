// How far the limits are for somebody, as their next attempt would find them: for whoever explains. It counts nothing.
import { enforces } from '../kit/flag.ts'
import { type Question, type Verdict, remainingUnasked } from './decide.ts'
import { askedInTime } from './limiter.ts'
import type { ActiveRule } from './rule-set.ts'
import { isOfFuse } from './sms-fuse.ts'
import {
  type SubjectKind,
  addressSubject,
  askedSubject,
  continents,
  limitObjectName,
  networkSubject,
  wideNetwork,
} from './subject.ts'

/** Whom the question is about; null: nobody said. */
export interface Whom {
  readonly ip: string | null
  readonly userId: string | null
  readonly email: string | null
}

export interface LimitReading extends Verdict {
  /** In shadow, or before its time, it keeps nobody out. */
  readonly isEnforced: boolean
}

/** The part of the limit object that is called. */
export interface ReadShard {
  read(subject: string, questions: readonly Question[]): Promise<readonly Verdict[]>
}

export interface LimitReader {
  /** Null where the rule is about something that is not given. Rejects when nobody can tell. */
  read(rule: ActiveRule, whom: Whom): Promise<LimitReading | null>
}

export interface LimitReaderOptions {
  readonly shard: (objectName: string) => ReadShard
  readonly shards: number
  readonly ipv6Prefix: number
  readonly secret: Uint8Array
  readonly now: () => number
}

export function createLimitReader({ shard, shards, ipv6Prefix, secret, now }: LimitReaderOptions): LimitReader {
  function subjectOf({ id, phase, subject }: ActiveRule, { ip, userId, email }: Whom): string | null {
    if (phase === 'after-identity') return userId
    if (phase === 'before-identity') {
      if (ip === null) return null
      return subject === 'ipv6-network' ? networkSubject(ip) : addressSubject(ip, ipv6Prefix)
    }
    // Counted in the fuse's own object, under the number and the country.
    if (isOfFuse(id)) return null
    const kinds: readonly SubjectKind[] = typeof subject === 'string' ? [subject] : subject
    if (kinds.includes('address') && ip === null) return null
    const texts: Partial<Record<SubjectKind, string | null>> = {
      account: userId,
      'mail-address': email,
      network: wideNetwork(ip),
      everyone: '',
      site: '',
    }
    const text = texts[kinds.at(-1) ?? 'site'] ?? null
    return text === null ? null : askedSubject(subject, text, { ip, ipv6Prefix, secret })
  }

  return {
    async read(rule, whom) {
      const subject = subjectOf(rule, whom)
      if (subject === null) return null
      const question = { rule: rule.counted, isEnforced: true, units: rule.cost, lease: null }
      // Counted near where they come in, which a question about somebody does not say: the place that has most of them.
      const places = rule.phase === 'login' ? [null] : [null, ...continents]
      const names = new Set(places.map((place) => limitObjectName(subject, place, shards)))
      const read = [...names].map((name) => askedInTime(async () => shard(name).read(subject, [question])))
      const [worst] = (await Promise.all(read)).flat().toSorted(byRoom)
      const isEnforced = enforces(rule.state, { name: rule.id, subject, nowMs: now() })
      return worst === undefined ? null : { ...worst, remaining: remainingUnasked(worst, rule.cost), isEnforced }
    },
  }
}

/** Least room first. */
function byRoom(one: Verdict, other: Verdict): number {
  return other.retryAfterMs - one.retryAfterMs || one.remaining - other.remaining
}
