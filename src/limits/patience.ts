// The response `delay`: an attempt that is one too many waits until there is room for it, if that is soon.
import type { LimitProblem } from './limit-gate.ts'

type Answer = LimitProblem | null | Promise<LimitProblem | null>

const longestMs = 10_000
/** Waiting requests cost memory: more of them than this are refused like by any other rule. */
const mostWaiting = 256

export interface Patience {
  /** `check` is called again for as long as it says that the attempt only has to wait. */
  wait(check: () => Answer): Answer
}

export function createPatience(sleep: (ms: number) => Promise<void>): Patience {
  let waiting = 0

  async function settle(first: LimitProblem | null, check: () => Answer): Promise<LimitProblem | null> {
    let found = first
    let leftMs = longestMs
    while (found?.kind === 'refused' && found.rule.response === 'delay' && found.retryAfterMs <= leftMs) {
      if (waiting >= mostWaiting) return found
      waiting += 1
      leftMs -= found.retryAfterMs
      await sleep(found.retryAfterMs)
      waiting -= 1
      found = await check()
    }
    return found
  }

  return {
    wait(check) {
      const found = check()
      if (found === null) return null
      if (found instanceof Promise) return found.then((problem) => settle(problem, check))
      return found.kind === 'refused' && found.rule.response === 'delay' ? settle(found, check) : found
    },
  }
}
