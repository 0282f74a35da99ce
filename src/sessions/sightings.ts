// When and from where sessions were last seen: gathered, and written together once in a while.
import type { Database } from '../db/database.ts'
import { recordSightings } from '../db/queries/sessions.ts'

export class Sightings {
  readonly #seen = new Map<string, { readonly atMs: number; readonly ip: string | null }>()

  note({ sessionId, ip }: { readonly sessionId: string; readonly ip: string | null }, atMs: number): void {
    this.#seen.set(sessionId, { atMs, ip })
  }

  async flush(database: Database): Promise<void> {
    if (this.#seen.size === 0) return
    const sightings = [...this.#seen].map(([sessionId, seen]) => ({ sessionId, ...seen }))
    this.#seen.clear()
    // Lost if it fails: the next sighting says the same, and a sick database needs no backlog.
    await database.write(recordSightings(sightings)).catch(() => undefined)
  }
}
