// What an isolate does on its own: how often it asks, what it answers at once, and what it makes of an object that is away.
import { describe, expect, it } from 'vitest'
import type { Question, Verdict } from '../../../src/limits/decide.ts'
import { createLimitGate } from '../../../src/limits/limit-gate.ts'
import { type ActiveRule, compileRules } from '../../../src/limits/rule-set.ts'
import type { LimitRuleId } from '../../../src/limits/rules.ts'
import { newSubject } from '../../../src/limits/subject-state.ts'
import { createTally } from '../../../src/limits/tally.ts'
import { randomOf } from '../../../tools/train/random.ts'
import { createWorld } from './support/world.ts'

const page = { request: { method: 'GET' }, target: { path: '/' } }

function ruleOf(
  id: LimitRuleId,
  override: Parameters<typeof compileRules>[0]['overrides'][LimitRuleId] = {},
): ActiveRule {
  const rule = compileRules({ hasCaptcha: true, basePath: '/auth', apiPaths: [], overrides: { [id]: override } }).get(
    id,
  )
  if (rule === null) throw new Error('no such rule')
  return rule
}

describe('an isolate with units in advance', () => {
  it.each([20, 200, 2000])(
    'at %i requests a second asks about once a second, and keeps nobody waiting',
    async (perSecond) => {
      const rule = { ...ruleOf('everything', { limit: 1_000_000 }), index: 0 }
      let questions = 0
      const world = createWorld({
        random: randomOf(7),
        isolates: 1,
        latencyMs: 10,
        stepsTogether: true,
        rules: [rule],
        onDecision: () => (questions += 1),
      })
      const [gate] = world.gates
      const subject = newSubject('address:a', 'object')
      let waited = 0
      const send = async (seconds: number): Promise<void> => {
        for (let count = 0; count < perSecond * seconds; count += 1) {
          await world.advanceTo(world.timeMs() + 1000 / perSecond)
          if (gate?.check([rule], subject, page, world.background) instanceof Promise) waited += 1
        }
      }
      // The pace becomes known.
      await send(5)
      questions = 0
      waited = 0
      await send(60)
      expect(waited).toBe(0)
      expect(questions).toBeLessThanOrEqual(67)
      expect(questions).toBeGreaterThan(50)
    },
  )

  it('that are used up in no time asks for more of them each time', async () => {
    const rule = { ...ruleOf('everything', { limit: 1_000_000 }), index: 0 }
    let questions = 0
    const world = createWorld({
      random: randomOf(7),
      isolates: 1,
      latencyMs: 2,
      stepsTogether: true,
      rules: [rule],
      onDecision: () => (questions += 1),
    })
    const subject = newSubject('address:a', 'object')
    for (let count = 0; count < 5000; count += 1) {
      await world.advanceTo(world.timeMs() + 0.1)
      void world.gates[0]?.check([rule], subject, page, world.background)
    }
    expect(questions).toBeLessThan(40)
  })
})

describe('an object that says no', () => {
  it('is not asked again for a second, and a refusal is said at once', async () => {
    let asked = 0
    let nowMs = 1000
    const verdict: Verdict = {
      isAllowed: false,
      limit: 5,
      remaining: 0,
      retryAfterMs: 30_000,
      granted: 0,
      isNewViolation: true,
    }
    const rule = { ...ruleOf('login'), index: 0, isMatch: () => true }
    const gate = createLimitGate({
      ask: () => ((asked += 1), Promise.resolve([verdict])),
      tally: createTally([rule]),
      now: () => nowMs,
      sleep: () => Promise.resolve(),
    })
    const subject = newSubject('address:a', 'object')
    const attempt = () => gate.check([rule], subject, page, { waitUntil: () => undefined })
    expect(await attempt()).toMatchObject({ kind: 'refused', retryAfterMs: 30_000, isNewViolation: true })
    nowMs += 999
    expect(attempt()).toMatchObject({ kind: 'refused', retryAfterMs: 29_001, isNewViolation: false })
    expect(asked).toBe(1)
    nowMs += 1
    await attempt()
    expect(asked).toBe(2)
  })
})

describe('a rule in shadow', () => {
  it('tells of the first in a window that it would have refused, and counts them all', async () => {
    const told: string[] = []
    const rule = { ...ruleOf('login', { state: 'shadow' }), index: 0, isMatch: () => true }
    const tally = createTally([rule], (id) => told.push(id))
    const answers = [true, false, false].map((isNewViolation) => ({
      isAllowed: false,
      limit: 5,
      remaining: 0,
      retryAfterMs: 30_000,
      granted: 0,
      isNewViolation,
    }))
    const gate = createLimitGate({
      ask: () => Promise.resolve(answers.splice(0, 1)),
      tally,
      now: () => 1000,
      sleep: () => Promise.resolve(),
    })
    const subject = newSubject('address:a', 'object')
    for (let count = 0; count < 3; count += 1)
      expect(await gate.check([rule], subject, page, { waitUntil: () => undefined })).toBeNull()
    expect([told, tally.read()[0]?.wouldRefuse]).toEqual([['login'], 3])
  })
})

describe('an object that is away', () => {
  const away = (id: LimitRuleId, override = {}) => {
    let [asked, nowMs] = [0, 1000]
    const rule = { ...ruleOf(id, override), index: 0, isMatch: () => true }
    const tally = createTally([rule])
    const gate = createLimitGate({
      ask: (_, __, questions: readonly Question[]) => {
        asked += questions.length
        return Promise.reject(new Error('away'))
      },
      tally,
      now: () => nowMs,
      sleep: () => Promise.resolve(),
    })
    const subject = newSubject('address:a', 'object')
    return {
      attempt: async () => gate.check([rule], subject, page, { waitUntil: () => undefined }),
      later: (ms: number) => (nowMs += ms),
      asked: () => asked,
      tally: () => tally.read()[0],
    }
  }

  it('closes what guards credentials', async () => {
    expect(await away('login').attempt()).toMatchObject({ kind: 'unreachable' })
    expect(await away('login', { state: 'shadow' }).attempt()).toBeNull()
    expect(await away('login', { unreachable: 'open' }).attempt()).toBeNull()
  })

  it('leaves traffic open up to the limit in this isolate, and is left alone for a second', async () => {
    const { attempt, later, asked, tally } = away('everything', { limit: 3 })
    const found: unknown[] = []
    for (let count = 0; count < 5; count += 1) found.push((await attempt())?.kind)
    expect(found).toEqual([undefined, undefined, undefined, 'refused', 'refused'])
    expect(asked()).toBe(1)
    expect(tally()).toMatchObject({ countedLocally: 5, allowed: 3, refused: 2 })
    later(1000)
    await attempt()
    expect(asked()).toBe(2)
    later(60_000)
    expect(await attempt()).toBeNull()
  })
})
