// How often a message is tried, and when again. Pure: a message is sent three times at most, and twice at most when nobody
// knows whether the vendor had sent it before, so that nobody gets more than one duplicate.
import { secondMs } from '../kit/duration.ts'
import type { DeliveryOutcome } from '../providers/delivery-fault.ts'

/** Counted before a message is sent: what dies on the way has been tried, with an end that nobody knows. */
export interface Tries {
  readonly made: number
  readonly unknown: number
}

const mostTries = 3
const mostUnknown = 2
const pausesMs = [secondMs, 5 * secondMs] as const

/** Longer than any vendor is waited for: by then nobody is sending it any more. */
export const sendingMs = 20 * secondMs

export function mayTry({ made, unknown }: Tries, keepsKeys: boolean): boolean {
  return made < mostTries && (keepsKeys || unknown < mostUnknown)
}

export function beginTry({ made, unknown }: Tries): Tries {
  return { made: made + 1, unknown: unknown + 1 }
}

/** A vendor that said no has not sent it. */
export function afterFault(tries: Tries, outcome: DeliveryOutcome): Tries {
  return outcome === 'unknown' ? tries : { ...tries, unknown: tries.unknown - 1 }
}

/** Spread by `chance` (0 to 1), so that what failed together does not come back together. */
export function pauseMs({ made }: Tries, chance: number): number {
  return (pausesMs[made - 1] ?? pausesMs[1]) * (0.75 + chance / 2)
}
