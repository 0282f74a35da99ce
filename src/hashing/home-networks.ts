// Networks from which people use the site who are signed in: somebody new there is more likely one of them than a
// stranger from anywhere. Good for the order in which people wait, and for nothing else. Memory of this isolate only.
import { BoundedMap } from '../kit/bounded-map.ts'
import { hourMs } from '../kit/duration.ts'

export interface HomeNetworks {
  /** @param network as `addressSubject` spells it. */
  note(network: string): void
  has(network: string): boolean
}

const networksKept = 20_000
const rememberedMs = hourMs

export function createHomeNetworks(now: () => number): HomeNetworks {
  const seenAtMs = new BoundedMap<string, number>(networksKept)
  return {
    note: (network) => seenAtMs.set(network, now()),
    has: (network) => now() - (seenAtMs.get(network) ?? Number.NEGATIVE_INFINITY) < rememberedMs,
  }
}
