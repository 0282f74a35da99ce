// The whole of counting (isolates with leases, one object, a network between them) against a plain list of times.
import { describe, expect, it } from 'vitest'
import { type ModelResult, runModel } from './support/model-run.ts'

/** Fewer tell nearly as much, where it runs over and over. */
const requests = Number(process.env['LIMITS_MODEL_REQUESTS'] ?? 1_000_000)
const requestsPerRun = 2000
const seed = Number(process.env['LIMITS_MODEL_SEED'] ?? 20_261_121)
const timeoutMs = 30_000 + requests / 2

async function sumOfRuns(isLeased: boolean, share: number): Promise<ModelResult> {
  const sum = { requests: 0, allowed: 0, refused: 0, wronglyAllowed: 0, wronglyRefused: 0 }
  for (let run = 0; sum.requests < share; run += 1) {
    const result = await runModel({ seed: seed + run, requests: requestsPerRun, isLeased })
    for (const key of ['requests', 'allowed', 'refused', 'wronglyAllowed', 'wronglyRefused'] as const) {
      sum[key] += result[key]
    }
    // Which run it was, for whoever has to find out why.
    if (result.wronglyAllowed > 0 || (!isLeased && result.wronglyRefused > 0)) console.log({ run, ...result })
  }
  return sum
}

describe('random requests under random rules, with evictions and clock steps', () => {
  it(
    'counted one by one: none wrongly allowed and none wrongly refused',
    async () => {
      const sum = await sumOfRuns(false, requests / 2)
      console.log('one by one', sum)
      expect(sum).toMatchObject({ wronglyAllowed: 0, wronglyRefused: 0 })
      expect(Math.min(sum.allowed, sum.refused)).toBeGreaterThan(sum.requests / 10)
    },
    timeoutMs,
  )

  it(
    'with units given in advance: none wrongly allowed, one in a thousand wrongly refused at most',
    async () => {
      const sum = await sumOfRuns(true, requests / 2)
      console.log('leased', sum, `${((100 * sum.wronglyRefused) / sum.requests).toFixed(3)} %`)
      expect(sum.wronglyAllowed).toBe(0)
      expect(sum.wronglyRefused / sum.requests).toBeLessThanOrEqual(0.001)
      expect(Math.min(sum.allowed, sum.refused)).toBeGreaterThan(sum.requests / 10)
    },
    timeoutMs,
  )
})
