// Tells what could otherwise be told without end, by whoever brings it about: of each key once in a while, and of all keys
// together a few a minute. What was passed over is counted, and told with the next.
import { BoundedMap } from './bounded-map.ts'
import { minuteMs } from './duration.ts'

interface SparingRule {
  readonly everyMs: number
  readonly mostAMinute: number
}

/** How many were passed over since the last that was told; null: this one is passed over too. */
export type Sparing = (key: string, nowMs: number) => number | null

const keysKept = 1000

export function createSparing({ everyMs, mostAMinute }: SparingRule): Sparing {
  const toldAt = new BoundedMap<string, number>(keysKept)
  let [minuteBeganMs, toldInMinute, passedOver] = [Number.NEGATIVE_INFINITY, 0, 0]

  return (key, nowMs) => {
    if (nowMs - minuteBeganMs >= minuteMs) [minuteBeganMs, toldInMinute] = [nowMs, 0]
    const isRecent = nowMs - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs
    if (isRecent || toldInMinute >= mostAMinute) {
      passedOver += 1
      return null
    }
    toldAt.set(key, nowMs)
    toldInMinute += 1
    const before = passedOver
    passedOver = 0
    return before
  }
}
