// How a sign-in is judged: what is remembered of people, what counts, how well the model tells owners from others.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionOf, bandOf } from '../../../src/threats/risk/decide-risk.ts'
import { distanceKm, isImpossible, speedKmh } from '../../../src/threats/risk/distance.ts'
import { type RiskFacts, featureNames, featuresOf } from '../../../src/threats/risk/features.ts'
import { type Habits, type Visit, knows, learned, rememberedForMs } from '../../../src/threats/risk/habits.ts'
import { parseModel, reasonsOf, scoreOf } from '../../../src/threats/risk/model.ts'
import { createRiskJudge } from '../../../src/threats/risk/risk.ts'
import { trainedModel } from '../../../src/threats/risk/trained-model.ts'
import { train } from '../../../tools/train/boosting.ts'
import { samplesOf } from '../../../tools/train/dataset.ts'
import { evaluate } from '../../../tools/train/evaluate.ts'
import { reportPage } from '../../../tools/train/report.ts'

const hour = 3_600_000
const day = 24 * hour
const berlin = { country: 'DE', latitude: 52.5, longitude: 13.4 }
const sydney = { country: 'AU', latitude: -33.9, longitude: 151.2 }
const start = Date.UTC(2026, 5, 1, 9)
const nothing = { failures: 0, accounts: 0, successes: 0, findings: [] }

const visit = (given: Partial<Visit>): Visit => ({ atMs: start, ...berlin, network: 1, device: 1, ...given })

/** A month of mornings at home. */
const habits = Array.from({ length: 30 }, (_, index) =>
  visit({ atMs: start - (30 - index) * day }),
).reduce<Habits | null>(learned, null)

const facts = (given: Partial<RiskFacts>): RiskFacts => ({
  visit: visit({}),
  habits,
  isMarkedDevice: true,
  accountFailures: 0,
  address: nothing,
  network: nothing,
  listed: [],
  botScore: null,
  ...given,
})

const model = parseModel(trainedModel)
const judge = (given: Partial<RiskFacts>) => scoreOf(model, featuresOf(facts(given)))

describe('habits', () => {
  it('stay small, and keep the newest', () => {
    const arbitrary = fc.record({
      atMs: fc.integer({ min: start, max: start + 400 * day }),
      country: fc.option(fc.stringMatching(/^[A-Z]{2}$/)),
      latitude: fc.option(fc.integer({ min: -90, max: 90 })),
      longitude: fc.option(fc.integer({ min: -180, max: 180 })),
      network: fc.option(fc.nat()),
      device: fc.option(fc.nat()),
    })
    fc.assert(
      fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 100 }), (visits) => {
        const inOrder = visits.toSorted((a, b) => a.atMs - b.atMs)
        const all = inOrder.reduce<Habits | null>(learned, null)
        const last = inOrder.at(-1)
        if (all === null || last === undefined) throw new Error('nothing learned')
        expect(JSON.stringify(all).length).toBeLessThan(2000)
        expect([all.logins, all.last]).toEqual([visits.length, last])
        expect(last.network === null || knows(all.networks, last.network)).toBe(true)
        expect(last.device === null || knows(all.devices, last.device)).toBe(true)
        expect(all.hours.every((weight) => weight >= 0)).toBe(true)
      }),
    )
  })

  it('remember the last place there was, when the platform does not say where somebody is', () => {
    const nowhere = visit({ atMs: start, country: null, latitude: null, longitude: null })
    const { place } = learned(habits, nowhere)
    expect(place).toEqual({ atMs: start - day, latitude: 52.5, longitude: 13.4 })
    const features = featuresOf(
      facts({ habits: learned(habits, nowhere), visit: visit({ ...sydney, atMs: start + hour }) }),
    )
    expect([features.impossibleTravel, features.newCountry]).toEqual([0, 1])
    expect(features.distance).toBeGreaterThan(13)
  })

  it('are forgotten when they were not seen for long', () => {
    const later = learned(habits, visit({ atMs: start + rememberedForMs, network: 2 }))
    expect([knows(later.networks, 1), knows(later.networks, 2)]).toEqual([false, true])
  })
})

describe('a journey', () => {
  it('is as long as on a globe', () => {
    expect(distanceKm(berlin, sydney)).toBeGreaterThan(16_000)
    expect(distanceKm(berlin, sydney)).toBeLessThan(16_200)
    expect(distanceKm(berlin, berlin)).toBe(0)
    expect(distanceKm(berlin, { latitude: null, longitude: 1 })).toBeNull()
  })

  it('is the same both ways and never longer than half around', () => {
    const point = fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    })
    fc.assert(
      fc.property(point, point, (a, b) => {
        const there = distanceKm(a, b) ?? Number.NaN
        expect(Math.abs(there - (distanceKm(b, a) ?? 0))).toBeLessThan(0.001)
        expect(there).toBeGreaterThanOrEqual(0)
        expect(there).toBeLessThan(20_038)
      }),
    )
  })

  it.each([
    ['across the world within two hours', 16_000, 2 * hour, true],
    ['across the world within a day', 16_000, 24 * hour, false],
    ['as far as addresses are wrong', 190, 60_000, false],
    ['to nowhere known', null, 60_000, false],
    ['against the clock', 16_000, -hour, true],
  ])('%s', (_, km, passedMs, expected) => {
    expect(isImpossible(speedKmh(km, passedMs))).toBe(expected)
  })
})

describe('a feature', () => {
  const someone = { failures: 7, accounts: 3, successes: 2, findings: ['credential-stuffing'] } as const
  const night = visit({ atMs: start + 12 * hour })

  it.each([
    ['firstLogin', { habits: null }, 1, 0],
    ['unmarkedDevice', { isMarkedDevice: false }, 1, 0],
    ['newDevice', { visit: visit({ device: 9 }) }, 1, 0],
    ['newNetwork', { visit: visit({ network: 9 }) }, 1, 0],
    ['newCountry', { visit: visit({ country: 'AU' }) }, 1, 0],
    ['newCountry', { visit: visit({ country: null }) }, 0, 0],
    ['accountFailures', { accountFailures: 3 }, 2, 0],
    ['addressFailures', { address: someone }, 3, 0],
    ['addressAccounts', { address: someone }, 2, 0],
    ['addressSuccess', { address: someone }, 0.2, 0],
    ['networkAccounts', { network: someone }, 2, 0],
    ['findings', { address: someone, network: someone }, 2, 0],
    ['threatList', { listed: ['threat'] }, 1, 0],
    ['anonymiser', { listed: ['anonymiser'] }, 1, 0],
    ['hosting', { listed: ['hosting'] }, 1, 0],
    ['bot', { botScore: 1 }, 0.99, 0.5],
    ['daysAway', { visit: visit({ atMs: start + 6 * day }) }, 3, 1],
    ['familiarity', { habits: null }, 0, Math.log2(31)],
  ] as const)('%s with %j is %d, and otherwise %d', (name, given, expected, otherwise) => {
    expect(featuresOf(facts(given))[name]).toBeCloseTo(expected, 9)
    expect(featuresOf(facts({}))[name]).toBeCloseTo(otherwise, 9)
  })

  it('of the hour is near one where nobody signed in, and near nought at the usual one', () => {
    expect(featuresOf(facts({ visit: night })).unusualHour).toBeGreaterThan(0.9)
    expect(featuresOf(facts({})).unusualHour).toBeLessThan(0.1)
  })
})

describe('a score', () => {
  it('leaves an owner alone: at home, on a new mobile network, after a slip, on a day out', () => {
    expect(judge({}).score).toBeLessThan(5)
    expect(judge({ visit: visit({ network: 99 }) }).score).toBeLessThan(20)
    expect(judge({ accountFailures: 2 }).score).toBeLessThan(20)
    expect(judge({ visit: visit({ ...sydney, network: 99, atMs: start + 3 * day }) }).score).toBeLessThan(50)
  })

  it('is high for what no owner does', () => {
    const stranger = {
      visit: visit({ ...sydney, network: 99, device: 99, atMs: start - 22 * hour }),
      isMarkedDevice: false,
    }
    expect(judge({ ...stranger, address: { ...nothing, failures: 40, accounts: 40 } }).score).toBeGreaterThan(80)
    expect(judge({ ...stranger, listed: ['threat'] }).score).toBeGreaterThan(80)
  })

  it('says which features made it so, strongest first, and of an owner nothing', () => {
    const scored = judge({ visit: visit({ ...sydney, network: 99, device: 99 }), isMarkedDevice: false })
    const reasons = reasonsOf(scored, 3)
    expect(reasons).toContain('unmarkedDevice')
    expect(reasons.length).toBeLessThanOrEqual(3)
    const shares = reasons.map((reason) => scored.shares[reason] ?? 0)
    expect(shares).toEqual(shares.toSorted((a, b) => b - a))
    const owner = createRiskJudge({ state: 'shadow', secondFactorAbove: 50, highAbove: 80, whenHigh: 'mail' })
    expect(owner.judge(facts({}), 'a')).toMatchObject({ band: 'low', action: 'none', isEnforced: false, reasons: [] })
  })

  it('is its features’ shares and a constant, whatever comes in', () => {
    const mean = trainedModel.bias + treeMeans()
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { minLength: 21, maxLength: 21 }), (values) => {
        const features = Object.fromEntries(Object.keys(featureNames).map((name, index) => [name, values[index] ?? 0]))
        const { score, shares } = scoreOf(model, features as Parameters<typeof scoreOf>[1])
        const logit = Object.values(shares).reduce((sum, share) => sum + share, mean)
        expect(Math.abs(score - 100 / (1 + Math.exp(-logit)))).toBeLessThanOrEqual(0.51)
      }),
    )
  })

  function treeMeans(): number {
    return model.trees.reduce((sum, { means }) => sum + (means[0] ?? 0), 0)
  }

  it('comes of questions about features there are', () => {
    for (const { features, thresholds, means } of model.trees) {
      expect([features.length, thresholds.length, means.length]).toEqual([7, 7, 15])
      expect(features.filter((feature) => !(feature in featureNames))).toEqual([])
      expect([...thresholds, ...means].every(Number.isFinite)).toBe(true)
    }
  })
})

describe('the model that is shipped', () => {
  it('finds nine attacks of ten and bothers one owner of a hundred at most, among people it was not made from', () => {
    const { confusions } = evaluate(model, samplesOf(77, 300), [50, 80])
    expect(confusions[0]?.recall).toBeGreaterThanOrEqual(0.9)
    expect(confusions[0]?.falsePositiveRate).toBeLessThanOrEqual(0.01)
    expect(confusions[1]?.recall).toBeGreaterThanOrEqual(0.9)
    expect(confusions[1]?.falsePositiveRate).toBeLessThanOrEqual(0.002)
  })

  it('means what it says: of those it gives so many in a hundred, about so many are attacks', () => {
    const { calibration } = evaluate(model, samplesOf(78, 600), [50])
    for (const { samples, meanScore, attackShare } of calibration)
      if (samples >= 100) expect(Math.abs(meanScore / 100 - attackShare)).toBeLessThan(0.15)
  })
})

describe('a training run', () => {
  const run = (seed: number) => {
    const options = { trees: 8, learningRate: 0.3, leastWeight: 5, regularisation: 2 }
    const made = train(samplesOf(seed, 80), options)
    const page = { seed, persons: 80, heldOutPersons: 40, options }
    return { made, page: reportPage(page, evaluate(parseModel(made), samplesOf(seed + 1, 40), [50, 80]), made) }
  }

  it('gives the same model and the same page for the same seed, and others for another', () => {
    const [first, again, other] = [run(3), run(3), run(4)]
    expect(again).toEqual(first)
    expect(other.made).not.toEqual(first.made)
    expect(first.page).toContain('| > 80 |')
  })

  it('learns: better with each tree on what it learns from', () => {
    const samples = samplesOf(5, 80)
    const options = { learningRate: 0.3, leastWeight: 5, regularisation: 2 }
    const loss = (trees: number): number => {
      const made = parseModel(train(samples, { ...options, trees }))
      const all = samples.map(({ features, attack }) => {
        const share = Math.min(0.995, Math.max(0.005, scoreOf(made, features).score / 100))
        return -Math.log(attack === null ? 1 - share : share)
      })
      return all.reduce((sum, one) => sum + one, 0) / all.length
    }
    const losses = [1, 4, 12].map(loss)
    expect(losses).toEqual(losses.toSorted((a, b) => b - a))
  })
})

describe('what a score leads to', () => {
  const policy = { state: 'enforce', secondFactorAbove: 50, highAbove: 80, whenHigh: 'mail' } as const

  it.each([
    [0, 'low', 'none'],
    [50, 'low', 'none'],
    [51, 'medium', 'prove'],
    [80, 'medium', 'prove'],
    [81, 'high', 'mail'],
    [100, 'high', 'mail'],
  ] as const)('%i is %s: %s', (score, band, action) => {
    expect([bandOf(score, policy), actionOf(band, policy)]).toEqual([band, action])
  })

  it('may be no', () => {
    expect(actionOf('high', { ...policy, whenHigh: 'refuse' })).toBe('refuse')
  })
})
