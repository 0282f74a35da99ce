// Tells the record what a user object was told to end. What the record cannot take now waits in the object's storage.
import { type Database, DatabaseUnavailable, type Queries, type Row } from '../db/database.ts'
import { insertAuditRows } from '../db/queries/audit-events.ts'
import { endSessions } from '../db/queries/sessions.ts'
import { log } from '../log.ts'
import type { EndedStore } from './ended-store.ts'
import type { LogoutDelivery } from './logout-delivery.ts'
import type { EndRequest } from './user-sessions.ts'

export class EndsOnRecord {
  readonly #ended: Pick<EndedStore, 'addPending' | 'pending' | 'deletePending'>
  readonly #notices: Pick<LogoutDelivery, 'noteEnded'>

  constructor(ended: EndedStore, notices: LogoutDelivery) {
    this.#ended = ended
    this.#notices = notices
  }

  /** Which sessions the record had live, or null: it waits, and `flush` tries again. */
  async tell(request: EndRequest, database: Queries): Promise<readonly string[] | null> {
    try {
      const rows = await this.#write(request, database)
      return rows.map((row) => String(row['id']))
    } catch (error) {
      // Whatever kept the record from taking it: it is ended in the object, so the record and the trail must follow.
      if (!(error instanceof DatabaseUnavailable)) logFault(error)
      this.#ended.addPending(request.audit.id, request)
      return null
    }
  }

  /** Whether nothing waits any more. */
  async flush(database: Database): Promise<boolean> {
    let isDone = true
    for (const { id, request } of this.#ended.pending()) {
      try {
        await this.#write(request, database)
        this.#ended.deletePending(id)
      } catch (error) {
        if (error instanceof DatabaseUnavailable) return false
        // One that the record refuses must not keep the others waiting.
        logFault(error)
        isDone = false
      }
    }
    return isDone
  }

  /** Repeatable: the record tells a second time what it was told the first. */
  async #write(request: EndRequest, database: Queries): Promise<readonly Row[]> {
    const { userId, which, reason, audit, isAlwaysRecorded = false } = request
    const rows = await database.writeIdempotent(endSessions(userId, which, reason, audit))
    if (rows.length === 0 && isAlwaysRecorded) await database.writeIdempotent(insertAuditRows([audit]))
    return this.#notices.noteEnded(rows)
  }
}

function logFault(error: unknown): void {
  log('error', 'session end waits', { reason: error instanceof Error ? error.message : 'unknown' })
}
