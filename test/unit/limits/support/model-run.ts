// One run of the model: random rules, subjects, traffic and accidents, and what the reference says of every decision.
import type { Verdict } from '../../../../src/limits/decide.ts'
import type { LimitProblem } from '../../../../src/limits/limit-gate.ts'
import { type LimitRuleId, limitRuleIds, limitRules } from '../../../../src/limits/rules.ts'
import type { ActiveRule, Attempt } from '../../../../src/limits/rule-set.ts'
import { type SubjectState, isEnforcedAt, newSubject, slotOf } from '../../../../src/limits/subject-state.ts'
import { PlainWindow } from './plain-window.ts'
import { type Random, randomOf } from '../../../../tools/train/random.ts'
import { type Asked, type World, createWorld } from './world.ts'

export interface ModelResult {
  readonly requests: number
  readonly allowed: number
  readonly refused: number
  readonly wronglyAllowed: number
  readonly wronglyRefused: number
}

export interface ModelOptions {
  readonly seed: number
  readonly requests: number
  readonly isLeased: boolean
}

const minuteMs = 60_000

export async function runModel({ seed, requests, isLeased }: ModelOptions): Promise<ModelResult> {
  const random = randomOf(seed)
  const isEvicting = random.chance(0.5)
  const rules = Array.from({ length: random.between(1, 3) }, (_, index) =>
    randomRule(random, { index, isLeased: isLeased && index === 0, isEvicting }),
  )
  const judge = createJudge(rules)
  const world = createWorld({
    random,
    rules,
    isolates: random.between(1, 4),
    latencyMs: random.between(0, 30),
    stepsTogether: !isLeased,
    onDecision: (asked, verdicts) => judge.decided(asked, verdicts, world.objectTimeMs()),
  })
  const isolates = world.gates.map((gate) => ({ gate, subjects: new Map<string, SubjectState>() }))
  const traffic = randomTraffic(random, rules)
  let sent = 0
  while (sent < requests) {
    await world.advanceTo(world.timeMs() + traffic.pauseMs())
    if (isEvicting && random.chance(0.002)) world.evict()
    if (random.chance(0.001)) world.stepClock(randomStepMs(random, isLeased))
    for (let burst = traffic.burst(); burst > 0 && sent < requests; burst -= 1) {
      const isolate = isolates[Math.floor(random.next() ** 2 * isolates.length)]
      if (isolate === undefined) throw new Error('no isolate')
      const subject = knownSubject(isolate.subjects, `subject-${traffic.subject()}`)
      const attempt = { request: { method: 'GET' }, target: { path: traffic.path() } }
      const matching = rules.filter((rule) => rule.isMatch(attempt))
      if (matching.length === 0) continue
      sent += 1
      const outcome = isolate.gate.check(rules, subject, attempt, world.background)
      const enforced = matching.filter((rule) => isEnforcedAt(slotOf(subject, rule), world.timeMs()))
      judgeOutcome({ judge, world, rules: enforced, subject: subject.key }, outcome)
    }
  }
  await world.advanceTo(world.timeMs() + minuteMs)
  return judge.result()
}

function knownSubject(subjects: Map<string, SubjectState>, key: string): SubjectState {
  const known = subjects.get(key) ?? newSubject(key, 'object')
  subjects.set(key, known)
  return known
}

/** Rules that are not the shipped ones in anything but their names. */
function randomRule(
  random: Random,
  { index, isLeased, isEvicting }: { index: number; isLeased: boolean; isEvicting: boolean },
): ActiveRule {
  const id = limitRuleIds[index] as LimitRuleId
  const limit = isLeased ? random.between(60, 1500) : random.between(1, 40)
  // Of shorter windows a restart may forget what is in memory alone.
  const windowMs = isEvicting ? random.between(61_000, 120_000) : random.between(1000, minuteMs)
  const cost = random.chance(0.2) ? random.between(1, Math.min(3, limit)) : 1
  const countsRefused = !isLeased && random.chance(0.2)
  const letter = random.chance(0.6) ? '' : 'abc'.charAt(random.between(0, 2))
  return {
    ...limitRules[id],
    id,
    index,
    limit,
    windowMs,
    cost,
    countsRefused,
    isLeased,
    state: random.chance(0.8) ? 'enforce' : random.chance(0.5) ? 'shadow' : { enforcePercent: 50 },
    counted: { id, limit, windowMs, countsRefused, isLeased, hasPenalties: false },
    isMatch: ({ target }: Attempt) => target.path.includes(letter),
  }
}

/**
 * By a second or more, as a refusal is repeated for so long. With leases only back: forward, a clock makes what happened
 * look older than it is, and what is used of a lease meanwhile with it.
 */
function randomStepMs(random: Random, isLeased: boolean): number {
  const byMs = random.between(1000, isLeased ? 20_000 : 120_000)
  return isLeased || random.chance(0.5) ? -byMs : byMs
}

/** From quiet to three times what is allowed, steadily or in bursts of up to 200 at one moment, for a few subjects. */
function randomTraffic(random: Random, rules: readonly ActiveRule[]) {
  const subjects = random.between(1, 3)
  const slowest = rules.reduce((least, { limit, windowMs, cost }) => Math.min(least, limit / cost / windowMs), 1)
  const fastest = rules.reduce((most, { limit, windowMs, cost }) => Math.max(most, limit / cost / windowMs), 0)
  const perMs = (random.chance(0.5) ? slowest : fastest) * subjects * (0.3 + 2.7 * random.next())
  const burstShare = random.chance(0.3) ? 0.02 : 0
  const meanBurst = 1 + burstShare * 100
  return {
    pauseMs: () => Math.round((-Math.log(1 - random.next()) / perMs) * meanBurst),
    burst: () => (random.chance(burstShare) ? random.between(2, 200) : 1),
    subject: () => random.between(1, subjects),
    path: () => `/${'abc'.charAt(random.between(0, 2))}`,
  }
}

function createJudge(rules: readonly ActiveRule[]) {
  // After a clock was ahead for a while there are two right answers. Allowed wrongly is what is too much for a reference that
  // has forgotten; refused wrongly, what one has room for that remembers.
  const windows = new Map<string, PlainWindow>()
  // What the reference would have let pass: also those that were refused although there was room.
  const fairWindows = new Map<string, PlainWindow>()
  const decisions = new WeakMap<Asked, { readonly isRefused: boolean; readonly isWrong: boolean }>()
  const sum = { requests: 0, allowed: 0, refused: 0, wronglyAllowed: 0, wronglyRefused: 0 }

  function windowIn(all: Map<string, PlainWindow>, subject: string, ruleId: string): PlainWindow {
    const key = `${ruleId} ${subject}`
    const rule = rules.find(({ id }) => id === ruleId)
    const known = all.get(key) ?? new PlainWindow(rule?.limit ?? 0, rule?.windowMs ?? 0)
    all.set(key, known)
    return known
  }

  function passed(subject: string, ruleId: string, units: number, nowMs: number): void {
    const window = windowIn(windows, subject, ruleId)
    if (!window.hasRoom(units, nowMs)) sum.wronglyAllowed += 1
    window.add(units, nowMs)
    windowIn(fairWindows, subject, ruleId).add(units, nowMs)
  }

  /** Refused: whether the reference had room for it. Then it has passed there. */
  function isWronglyRefused(subject: string, asked: readonly Cost[], nowMs: number): boolean {
    const fair = asked.map(({ id, units }) => ({ units, window: windowIn(fairWindows, subject, id) }))
    const hasRoom = fair.every(({ window, units }) => window.hasRoom(units, nowMs))
    if (hasRoom) for (const { window, units } of fair) window.add(units, nowMs)
    return hasRoom
  }

  return {
    passed,
    isWronglyRefused,
    /** Looks at every rule before anything of this decision is counted. */
    decided(asked: Asked, verdicts: readonly Verdict[], nowMs: number): void {
      const { subject } = asked
      for (const { rule } of asked.questions) {
        for (const all of [windows, fairWindows]) windowIn(all, subject, rule.id).settle(nowMs)
        windowIn(windows, subject, rule.id).forget(nowMs)
      }
      const enforced = asked.questions
        .map(({ rule, units }, index) => ({ rule, units, index }))
        .filter(({ index, units }) => asked.questions[index]?.isEnforced === true && units > 0)
      const isRefused = enforced.some(({ index }) => verdicts[index]?.isAllowed !== true)
      const costs = enforced.map(({ rule: { id }, units }) => ({ id, units }))
      decisions.set(asked, { isRefused, isWrong: isRefused && isWronglyRefused(subject, costs, nowMs) })
      for (const { rule, units, index } of enforced) {
        const isAllowed = verdicts[index]?.isAllowed === true
        if (isAllowed && !isRefused) passed(subject, rule.id, units, nowMs)
        else if (!isAllowed && rule.countsRefused) {
          for (const all of [windows, fairWindows]) windowIn(all, subject, rule.id).add(units, nowMs)
        }
      }
    },
    decisionOf: (asked: Asked | null) => (asked === null ? undefined : decisions.get(asked)),
    answered(isAllowed: boolean, isWrong: boolean): void {
      sum.requests += 1
      if (isAllowed) sum.allowed += 1
      else sum.refused += 1
      if (!isAllowed && isWrong) sum.wronglyRefused += 1
    },
    result: (): ModelResult => sum,
  }
}

interface Cost {
  readonly id: string
  readonly units: number
}

interface Judged {
  readonly judge: ReturnType<typeof createJudge>
  readonly world: World
  readonly rules: readonly ActiveRule[]
  readonly subject: string
}

/** Answered at once, it was decided in the isolate. Otherwise by the object, unless a lease helped out after all. */
function judgeOutcome(
  { judge, world, rules, subject }: Judged,
  outcome: LimitProblem | null | Promise<LimitProblem | null>,
): void {
  const taken = (): void => {
    for (const { id, cost } of rules) judge.passed(subject, id, cost, world.objectTimeMs())
  }
  if (outcome instanceof Promise) {
    const asked = world.lastAsked()
    const conclude = (problem: LimitProblem | null): void => {
      const decision = judge.decisionOf(asked)
      if (problem === null && decision?.isRefused === true) taken()
      judge.answered(problem === null, decision?.isWrong === true)
    }
    void outcome.then(conclude)
    return
  }
  if (outcome === null) taken()
  const costs = rules.map(({ id, cost }) => ({ id, units: cost }))
  // A refusal is repeated for a second by the isolate's clock, which may show that second twice.
  const mayBeWrong = outcome !== null && !world.isRepeating()
  judge.answered(outcome === null, mayBeWrong && judge.isWronglyRefused(subject, costs, world.objectTimeMs()))
}
