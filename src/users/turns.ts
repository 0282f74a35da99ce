// Lets one of many requests in an isolate do what all of them want. The others may not await its promise, which belongs to
// another request: they wait for its turn to be over, and look whether it has left something.
import { BoundedMap } from '../kit/bounded-map.ts'
import { secondMs } from '../kit/duration.ts'

/** Told apart by being another object: the clock of an isolate may stand still between two of them. */
export interface Turn {
  readonly sinceMs: number
}

export interface Turns {
  take(key: string): Turn
  /** Unless another has taken it over. */
  end(key: string, turn: Turn): void
  isTaken(key: string): boolean
  /** Resolves when nobody has a turn whom this found at it; `afterPause`: found after those behind had time to take one. */
  passed(key: string, options?: { readonly afterPause: boolean }): Promise<void>
}

const lookAgainMs = 20
/** The turn of a request that was cut off is taken over by another after this. */
const takeOverAfterMs = 4 * secondMs

export function createTurns(turnsKept: number, now: () => number): Turns {
  const underWay = new BoundedMap<string, Turn>(turnsKept)

  function take(key: string): Turn {
    const turn = { sinceMs: now() }
    underWay.set(key, turn)
    return turn
  }

  function end(key: string, turn: Turn): void {
    if (underWay.get(key) === turn) underWay.delete(key)
  }

  function isTaken(key: string): boolean {
    const turn = underWay.get(key)
    return turn !== undefined && now() - turn.sinceMs < takeOverAfterMs
  }

  async function passed(key: string, options?: { readonly afterPause: boolean }): Promise<void> {
    if (options?.afterPause === true) await pause(2 * lookAgainMs)
    const turn = underWay.get(key)
    while (underWay.get(key) === turn && isTaken(key)) await pause(lookAgainMs)
  }

  return { take, end, isTaken, passed }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
