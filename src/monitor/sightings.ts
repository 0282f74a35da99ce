// Counts requests that look like injection attempts, and says which of them go on record: a scanner sends thousands, and the
// trail is no place for a flood.
import { type InjectionKind, injectionKinds } from '../access/injection.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import { minuteMs } from '../kit/duration.ts'

export interface Sightings {
  /** Counts it. True: it goes on record. */
  see(kind: InjectionKind, ip: string | null): boolean
  counts(): Readonly<Record<InjectionKind, number>>
}

/** Of one address, and of all of them in this isolate. */
const mostPerMinute = { address: 3, all: 60 }
const addressesKept = 1000

interface Window {
  startedAtMs: number
  rows: number
}

export function createSightings(now: () => number): Sightings {
  const counts = Object.fromEntries(injectionKinds.map((kind) => [kind, 0])) as Record<InjectionKind, number>
  const windows = new BoundedMap<string, Window>(addressesKept)
  const all: Window = { startedAtMs: 0, rows: 0 }
  return {
    see(kind, ip) {
      counts[kind] += 1
      const key = ip ?? ''
      const own = windows.get(key) ?? { startedAtMs: 0, rows: 0 }
      if (!hasRoom(own, mostPerMinute.address, now()) || !hasRoom(all, mostPerMinute.all, now())) return false
      own.rows += 1
      all.rows += 1
      windows.set(key, own)
      return true
    },
    counts: () => counts,
  }
}

function hasRoom(window: Window, most: number, nowMs: number): boolean {
  if (nowMs - window.startedAtMs >= minuteMs || nowMs < window.startedAtMs) {
    window.startedAtMs = nowMs
    window.rows = 0
  }
  return window.rows < most
}
