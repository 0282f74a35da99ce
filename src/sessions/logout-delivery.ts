// When a user object looks after the applications that have to hear of ended sessions: what waits is in the record.
import type { Row } from '../db/database.ts'

/** Says in how many milliseconds to go on; null when nothing waits. */
export interface Deliverer {
  deliver(): Promise<number | null>
}

const leastPauseMs = 200

export class LogoutDelivery {
  readonly #deliverer: Deliverer | null
  readonly #wakeAt: (atMs: number) => void
  /** After a start nobody knows whether something was left. */
  #dueAtMs: number | null = 0

  constructor(deliverer: Deliverer | null, wakeAt: (atMs: number) => void) {
    this.#deliverer = deliverer
    this.#wakeAt = wakeAt
  }

  /** The rows of sessions that were ended. */
  noteEnded(rows: readonly Row[]): readonly Row[] {
    if (rows.some((row) => row['is_noticed'] === true)) this.#wakeIn(0)
    return rows
  }

  async run(): Promise<void> {
    if (this.#deliverer === null || this.#dueAtMs === null) return
    // Woken for something else, and the alarm for this is spent on it.
    if (Date.now() < this.#dueAtMs) return this.#wakeAt(this.#dueAtMs)
    this.#dueAtMs = null
    const inMs = await this.#deliverer.deliver()
    // Never at once: whatever goes wrong with the times, the record is not asked without end.
    if (inMs !== null) this.#wakeIn(Math.max(inMs, leastPauseMs))
  }

  #wakeIn(ms: number): void {
    this.#dueAtMs = Date.now() + ms
    this.#wakeAt(this.#dueAtMs)
  }
}
