import { describe, expect, it } from 'vitest'
import type { LimitProblem } from '../../../src/limits/limit-gate.ts'
import { createPatience } from '../../../src/limits/patience.ts'
import { type RuleOverride, compileRules } from '../../../src/limits/rule-set.ts'

function refusal(response: RuleOverride['response'], retryAfterMs: number): LimitProblem {
  const rule = compileRules({
    hasCaptcha: true,
    basePath: '/auth',
    apiPaths: [],
    overrides: { api: { response } },
  }).get('api')
  if (rule === null) throw new Error('no rule')
  return { kind: 'refused', rule, limit: 1, retryAfterMs, isNewViolation: false }
}

function patience() {
  const slept: number[] = []
  const waiting = createPatience((ms) => {
    slept.push(ms)
    return Promise.resolve()
  })
  /** Answers in turn, the last one again and again. */
  const answers = (...all: (LimitProblem | null)[]) => {
    let at = 0
    return () => all[Math.min(at++, all.length - 1)] ?? null
  }
  return { slept, waiting, answers }
}

describe('an attempt beyond a limit that answers with a delay', () => {
  it('waits for as long as it was told to, and then passes', async () => {
    const { slept, waiting, answers } = patience()
    expect(await waiting.wait(answers(refusal('delay', 700), null))).toBe(null)
    expect(slept).toEqual([700])
  })

  it('is refused when that is not within ten seconds in all', async () => {
    const { slept, waiting, answers } = patience()
    const found = await waiting.wait(answers(refusal('delay', 4000)))
    expect(found).toMatchObject({ kind: 'refused', retryAfterMs: 4000 })
    expect(slept).toEqual([4000, 4000])
    expect(await waiting.wait(answers(refusal('delay', 10_001)))).toMatchObject({ kind: 'refused' })
    expect(slept).toHaveLength(2)
  })

  it('is refused at once when hundreds wait already', async () => {
    const woken: (() => void)[] = []
    const crowded = createPatience(() => new Promise((resolve) => woken.push(resolve)))
    const { answers } = patience()
    const all = Array.from({ length: 300 }, async () => crowded.wait(answers(refusal('delay', 100), null)))
    await Promise.resolve()
    expect(woken).toHaveLength(256)
    for (const wake of woken) wake()
    const found = await Promise.all(all)
    expect(found.filter((problem) => problem === null)).toHaveLength(256)
    expect(await crowded.wait(answers(null))).toBe(null)
  })
})

describe('an attempt under any other rule', () => {
  it('is answered at once', () => {
    const { slept, waiting, answers } = patience()
    const refused = refusal('refuse', 10)
    expect(waiting.wait(answers(refused))).toBe(refused)
    expect(waiting.wait(answers(null))).toBe(null)
    expect(slept).toEqual([])
  })
})
