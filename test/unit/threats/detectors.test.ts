// The patterns of abuse: what is found in whose evidence, and above all what is not.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitRuleIds, limitRules } from '../../../src/limits/rules.ts'
import { restricted, restrictedMs } from '../../../src/limits/restrict.ts'
import { emptyCounter } from '../../../src/limits/counter.ts'
import { limitNow } from '../../../src/limits/penalty.ts'
import {
  type DetectorId,
  type WatchedKind,
  detect,
  detectorIds,
  detectors,
  restrictsOf,
} from '../../../src/threats/detectors/detectors.ts'
import {
  type Evidence,
  type Sighting,
  type SightingKind,
  summaryOf,
  windowMs,
  withSightings,
} from '../../../src/threats/detectors/evidence.ts'
import {
  type DetectorPolicy,
  isRestricting,
  observe,
  suspicionOf,
  unwatched,
} from '../../../src/threats/detectors/watched.ts'

const at = 1_000_000_000_000
const row = (id: DetectorId): DetectorPolicy[DetectorId] => ({ state: 'shadow', thresholds: detectors[id].thresholds })
const policy: DetectorPolicy = {
  'credential-stuffing': row('credential-stuffing'),
  'account-enumeration': row('account-enumeration'),
  'sms-flooding': row('sms-flooding'),
  'distributed-guessing': row('distributed-guessing'),
  'token-spraying': row('token-spraying'),
}

/** `count` sightings, about `about` different ones in turn. */
const many = (kind: SightingKind, count: number, about = count, from = 0): Sighting[] =>
  Array.from({ length: count }, (_, index) => ({ kind, about: from + (index % about) }))

const evidenceOf = (...sightings: readonly Sighting[][]): Evidence => withSightings([], sightings.flat(), at)

function found(type: DetectorId, subject: WatchedKind, ...sightings: readonly Sighting[][]): string | null {
  const summary = summaryOf(evidenceOf(...sightings), at)
  return detect(type, summary, { subject, thresholds: detectors[type].thresholds })?.recommendedAction ?? null
}

describe('credential stuffing', () => {
  it.each([
    ['many accounts, a try each', [many('failure', 20)], 'rate_limit'],
    ['many accounts, some of which there are', [many('failure', 10), many('unknown', 10, 10, 50)], 'rate_limit'],
    ['far more', [many('failure', 60)], 'block'],
    ['one hit among many tries', [many('failure', 30), many('success', 1)], 'rate_limit'],
    ['one account, many tries', [many('failure', 500, 1)], null],
    ['just too few', [many('failure', 19)], null],
    ['an office on a Monday', [many('failure', 25, 20), many('success', 200, 150)], null],
    ['nothing but successes', [many('success', 500)], null],
  ] as const)('%s', (_, sightings, expected) => {
    expect(found('credential-stuffing', 'address', ...sightings)).toBe(expected)
  })

  it('takes more of a network, which is many people', () => {
    expect(found('credential-stuffing', 'network', many('failure', 60))).toBeNull()
    expect(found('credential-stuffing', 'network', many('failure', 110, 60))).toBe('rate_limit')
  })
})

describe('account enumeration', () => {
  it.each([
    ['names nobody has', [many('unknown', 15)], 'rate_limit'],
    ['mailboxes asked one after another', [many('asked', 40)], 'block'],
    ['one name again and again', [many('unknown', 100, 1)], null],
    ['people who mistype their address among many who do not', [many('unknown', 16), many('success', 40)], null],
  ] as const)('%s', (_, sightings, expected) => {
    expect(found('account-enumeration', 'address', ...sightings)).toBe(expected)
  })
})

describe('SMS flooding', () => {
  it.each([
    ['address', 'many numbers, no code comes back', [many('sent', 12)], 'rate_limit'],
    ['address', 'many numbers, and their codes come back', [many('sent', 12), many('answered', 9)], null],
    ['address', 'one impatient person', [many('sent', 12, 1)], null],
    ['number', 'one number, asked for from everywhere', [many('sent', 8)], 'rate_limit'],
    ['number', 'one number, asked for from one place', [many('sent', 8, 1)], null],
  ] as const)('at one %s: %s', (subject, _, sightings, expected) => {
    expect(found('sms-flooding', subject, ...sightings)).toBe(expected)
  })
})

describe('distributed guessing', () => {
  it('is many networks at one account, and only told, as the account locks anyway', () => {
    expect(found('distributed-guessing', 'account', many('failure', 12, 6))).toBe('monitor')
    expect(found('distributed-guessing', 'account', many('failure', 12, 4))).toBeNull()
    expect(found('distributed-guessing', 'address', many('failure', 100))).toBeNull()
  })
})

describe('token spraying', () => {
  it('is many different ones, not one that is out of date', () => {
    expect(found('token-spraying', 'address', many('refused', 45))).toBe('rate_limit')
    expect(found('token-spraying', 'address', many('refused', 5000, 3))).toBeNull()
  })
})

const sighting = fc.record({
  kind: fc.constantFrom<SightingKind>('failure', 'unknown', 'success', 'asked', 'sent', 'answered', 'refused'),
  about: fc.integer({ min: 0, max: 20 }),
})
const steps = fc.array(fc.tuple(fc.integer({ min: -60_000, max: 900_000 }), sighting), { maxLength: 200 })

describe('evidence', () => {
  it('is of the last hour, give or take a slot, and never more than there was', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let [nowMs, evidence] = [at, [] as Evidence]
        const seen: { atMs: number; kind: SightingKind; about: number }[] = []
        for (const [passedMs, one] of all) {
          nowMs += passedMs
          evidence = withSightings(evidence, [one], nowMs)
          seen.push({ atMs: nowMs, ...one })
        }
        const summary = summaryOf(evidence, nowMs)
        const failures = seen.filter(({ kind }) => kind === 'failure')
        const least = failures.filter(({ atMs }) => atMs > nowMs - windowMs + 600_000)
        expect(summary.count('failure')).toBeGreaterThanOrEqual(least.length)
        expect(summary.count('failure')).toBeLessThanOrEqual(failures.length)
        expect(summary.distinct('failure')).toBeLessThanOrEqual(new Set(failures.map(({ about }) => about)).size)
      }),
    )
  })

  it('stays small, whatever is seen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600_000 }), (spreadMs) => {
        const kinds = ['failure', 'unknown', 'success', 'asked', 'sent', 'answered', 'refused'] as const
        let evidence: Evidence = []
        for (let index = 0; index < 3000; index += 1) {
          const one = { kind: kinds[index % kinds.length] ?? 'failure', about: 4_000_000_000 + index }
          evidence = withSightings(evidence, [one], at + (spreadMs * index) / 100)
        }
        expect(JSON.stringify(evidence).length).toBeLessThan(64_000)
      }),
      { numRuns: 5 },
    )
  })

  it('keeps enough of a burst for every detector, also in a network', () => {
    const kinds: Partial<Record<DetectorId, SightingKind>> = {
      'credential-stuffing': 'failure',
      'account-enumeration': 'unknown',
      'sms-flooding': 'sent',
      'token-spraying': 'refused',
    }
    for (const [type, kind] of Object.entries(kinds) as [DetectorId, SightingKind][])
      expect([type, found(type, 'network', many(kind, 500)) !== null]).toEqual([type, true])
  })

  it('is gone after an hour', () => {
    expect(summaryOf(evidenceOf(many('failure', 99)), at + windowMs).count('failure')).toBe(0)
  })
})

describe('a finding', () => {
  const context = { subject: 'address', policy, nowMs: at } as const

  it('is told once an hour, and again when it is worse', () => {
    const first = observe(unwatched, many('failure', 20), context)
    expect(first.news.map(({ type }) => type)).toEqual(['credential-stuffing'])
    const more = observe(first.watched, many('failure', 1), context)
    expect(more.news).toEqual([])
    const worse = observe(more.watched, many('failure', 60), context)
    expect(worse.news.map(({ recommendedAction }) => recommendedAction)).toEqual(['block'])
    expect(observe(worse.watched, many('failure', 60), context).news).toEqual([])
    const later = { ...context, nowMs: at + windowMs }
    expect(observe(worse.watched, many('failure', 60), later).news).toHaveLength(1)
  })

  it('is not looked for when the detector is off', () => {
    const off = { ...policy, 'credential-stuffing': { ...policy['credential-stuffing'], state: 'off' as const } }
    expect(observe(unwatched, many('failure', 99), { ...context, policy: off }).news).toEqual([])
  })

  it('grows surer with more, from a half to one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 300 }), (count) => {
        const confidence = (n: number): number =>
          detect('credential-stuffing', summaryOf(evidenceOf(many('failure', n)), at), {
            subject: 'address',
            thresholds: detectors['credential-stuffing'].thresholds,
          })?.confidence ?? 0
        expect(confidence(count)).toBeGreaterThanOrEqual(0.5)
        expect(confidence(count)).toBeLessThanOrEqual(1)
        expect(confidence(count + 10)).toBeGreaterThanOrEqual(confidence(count))
      }),
    )
  })

  it('is part of what a login from there is told, for an hour', () => {
    const { watched } = observe(unwatched, many('failure', 20), context)
    expect(suspicionOf(watched, at)).toEqual({
      failures: 20,
      accounts: 20,
      successes: 0,
      findings: ['credential-stuffing'],
    })
    expect(suspicionOf(watched, at + windowMs).findings).toEqual([])
  })
})

describe('a restriction', () => {
  const rule = { id: 'login', ...limitRules.login }

  it('is of rules there are, by the subjects they have', () => {
    for (const type of detectorIds)
      for (const subject of ['address', 'network', 'account', 'number'] as const)
        for (const id of restrictsOf(type, subject)) {
          expect(limitRuleIds).toContain(id)
          expect([id, limitRules[id].subject]).toEqual([id, subject])
        }
  })

  it('leaves some attempts a window, or none, for an hour', () => {
    expect(limitNow(restricted(emptyCounter, 'rate_limit', at), rule, at)).toBe(3)
    expect(limitNow(restricted(emptyCounter, 'rate_limit', at), rule, at + restrictedMs)).toBe(rule.limit)
    expect(restricted(emptyCounter, 'block', at).blockedUntilMs).toBe(at + restrictedMs)
    expect(restricted(emptyCounter, 'monitor', at)).toBe(emptyCounter)
    const locked = { ...emptyCounter, blockedUntilMs: at + 2 * restrictedMs }
    expect(restricted(locked, 'block', at).blockedUntilMs).toBe(at + 2 * restrictedMs)
  })

  it('takes something from every rule it is of', () => {
    for (const type of detectorIds)
      for (const subject of ['address', 'network', 'account', 'number'] as const)
        for (const id of restrictsOf(type, subject)) {
          const limit = limitNow(restricted(emptyCounter, 'rate_limit', at), { id, ...limitRules[id] }, at)
          expect([id, limit < limitRules[id].limit, limit > 0]).toEqual([id, true, true])
        }
  })

  it('meets a share of the subjects, always the same, where it is rolled out', () => {
    const finding = { type: 'token-spraying', confidence: 1, indicators: {}, recommendedAction: 'block' } as const
    const row = { state: { enforcePercent: 30 }, thresholds: {} }
    const policy = Object.fromEntries(detectorIds.map((id) => [id, row])) as DetectorPolicy
    const met = Array.from({ length: 1000 }, (_, index) =>
      isRestricting(policy, finding, { key: `address:${index}`, nowMs: 0 }),
    )
    expect(met.filter(Boolean).length).toBeGreaterThan(230)
    expect(met.filter(Boolean).length).toBeLessThan(370)
    expect(met).toEqual(met.map((_, index) => isRestricting(policy, finding, { key: `address:${index}`, nowMs: 0 })))
  })
})
