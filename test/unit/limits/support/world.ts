// A world of isolates, one counting object and a network between them, in a time of its own: messages take their time,
// the object is evicted, clocks step. Runs the worker's own gate and decision; only storage and network are played.
import { type Counter, emptyCounter } from '../../../../src/limits/counter.ts'
import { type Question, type Verdict, decideAll } from '../../../../src/limits/decide.ts'
import { type LimitGate, createLimitGate } from '../../../../src/limits/limit-gate.ts'
import { isWorthKeeping } from '../../../../src/limits/keeping.ts'
import { createTally } from '../../../../src/limits/tally.ts'
import type { ActiveRule } from '../../../../src/limits/rule-set.ts'
import type { Random } from '../../../../tools/train/random.ts'

export interface World {
  readonly gates: readonly LimitGate[]
  timeMs(): number
  /** By the object's own clock. */
  objectTimeMs(): number
  stepClock(byMs: number): void
  /** The clocks show what they have shown before, as they were set back: nobody can tell this moment from that one. */
  isRepeating(): boolean
  evict(): void
  /** Lets time pass, with everything that happens meanwhile. */
  advanceTo(atMs: number): Promise<void>
  /** The message sent last. A gate that has to ask sends it before it returns. */
  lastAsked(): Asked | null
  readonly background: { waitUntil(work: Promise<unknown>): void }
}

export interface WorldOptions {
  readonly random: Random
  readonly isolates: number
  readonly latencyMs: number
  /** Whether the isolates' clocks step with the object's. */
  readonly stepsTogether: boolean
  readonly rules: readonly ActiveRule[]
  /** Told of every decision of the object as it is made. */
  readonly onDecision: (asked: Asked, verdicts: readonly Verdict[]) => void
}

/** One message to the object. */
export interface Asked {
  readonly subject: string
  readonly questions: readonly Question[]
}

interface Happening {
  readonly atMs: number
  readonly order: number
  run(): void
}

export function createWorld(options: WorldOptions): World {
  const { random, rules } = options
  let timeMs = 1_000_000
  let offsetMs = 0
  let newestMs = 0
  let order = 0
  let lastAsked: Asked | null = null
  const queue: Happening[] = []
  let memory = new Map<string, Counter>()
  const storage = new Map<string, string>()

  function at(atMs: number, run: () => void): void {
    const happening = { atMs, order: order++, run }
    let index = queue.length
    while (index > 0 && (queue[index - 1]?.atMs ?? 0) > atMs) index -= 1
    queue.splice(index, 0, happening)
  }

  function decide(asked: Asked): readonly Verdict[] {
    const { subject, questions } = asked
    const keys = questions.map(({ rule }) => JSON.stringify([rule.id, subject]))
    const load = (key: string): Counter =>
      memory.get(key) ?? (JSON.parse(storage.get(key) ?? 'null') as Counter) ?? emptyCounter
    const answers = decideAll(keys.map(load), questions, timeMs + offsetMs)
    answers.forEach(({ counter, isChanged }, index) => {
      const key = keys[index] ?? ''
      if (!isChanged) return
      memory.set(key, counter)
      const question = questions[index]
      if (question !== undefined && isWorthKeeping(counter, question)) storage.set(key, JSON.stringify(counter))
    })
    const verdicts = answers.map(({ verdict }) => verdict)
    options.onDecision(asked, verdicts)
    return verdicts
  }

  const travel = (): number => random.between(0, options.latencyMs)
  const gates = Array.from({ length: options.isolates }, () => {
    const skewMs = random.between(-5000, 5000)
    return createLimitGate({
      now: () => timeMs + skewMs + (options.stepsTogether ? offsetMs : 0),
      sleep: (ms) => new Promise((resolve) => at(timeMs + ms, resolve)),
      tally: createTally(rules),
      ask(_, subject, questions) {
        const asked = { subject, questions }
        lastAsked = asked
        return new Promise((resolve) =>
          at(timeMs + travel(), () => {
            const verdicts = decide(asked)
            at(timeMs + travel(), () => resolve(verdicts))
          }),
        )
      },
    })
  })

  return {
    gates,
    timeMs: () => timeMs,
    lastAsked: () => lastAsked,
    objectTimeMs: () => timeMs + offsetMs,
    stepClock: (byMs) => {
      newestMs = Math.max(newestMs, timeMs + offsetMs)
      offsetMs += byMs
    },
    isRepeating: () => timeMs + offsetMs < newestMs,
    evict: () => {
      memory = new Map()
    },
    async advanceTo(atMs) {
      for (let next = queue[0]; next !== undefined && next.atMs <= atMs; next = queue[0]) {
        queue.shift()
        timeMs = Math.max(timeMs, next.atMs)
        next.run()
        await settled()
      }
      timeMs = atMs
    },
    background: { waitUntil: (work) => void work.catch(() => undefined) },
  }
}

/** Longer than any chain of promises between an answer and what the gate makes of it. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve()
}
