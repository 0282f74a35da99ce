// The outbox of the trail: a row is durable here before its request is answered, and reaches PostgreSQL exactly once.
import { DurableObject } from 'cloudflare:workers'
import type { Database } from '../db/database.ts'
import { type AuditRow, insertAuditRows } from '../db/queries/audit-events.ts'
import { log } from '../log.ts'

const batchSize = 200
const firstDelayMs = 200
const longestDelayMs = 5000

export function auditObject(openDatabase: (env: Env) => Database) {
  return class AuditObject extends DurableObject<Env> {
    readonly #database: Database
    #failures = 0

    constructor(state: DurableObjectState, env: Env) {
      super(state, env)
      this.#database = openDatabase(env)
      state.storage.sql.exec('create table if not exists outbox (id text primary key, row text not null)')
    }

    /** Durable when it returns: the object's output gate holds the answer until the write is confirmed. */
    async append(rows: readonly AuditRow[]): Promise<void> {
      for (const row of rows) {
        this.ctx.storage.sql.exec('insert or ignore into outbox (id, row) values (?, ?)', row.id, JSON.stringify(row))
      }
      if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + firstDelayMs)
    }

    /** Rows are deleted only after PostgreSQL has them; an answer lost in between repeats an insert that adds nothing. */
    override async alarm(): Promise<void> {
      const waiting = this.ctx.storage.sql
        .exec<{ id: string; row: string }>('select id, row from outbox order by id limit ?', batchSize)
        .toArray()
      if (waiting.length === 0) return
      try {
        await this.#database.writeIdempotent(insertAuditRows(waiting.map((entry) => JSON.parse(entry.row) as AuditRow)))
        for (const entry of waiting) this.ctx.storage.sql.exec('delete from outbox where id = ?', entry.id)
        this.#failures = 0
      } catch (error) {
        this.#failures += 1
        log('error', 'audit outbox waits', { reason: error instanceof Error ? error.message : 'unknown' })
      }
      if (this.waiting() > 0) await this.ctx.storage.setAlarm(Date.now() + this.#delayMs())
    }

    /** How many rows are not in PostgreSQL yet. */
    waiting(): number {
      return this.ctx.storage.sql.exec<{ n: number }>('select count(*) as n from outbox').one().n
    }

    // Its own back-off, not the platform's: an alarm that throws is repeated a few times and then never again.
    #delayMs(): number {
      return Math.min(firstDelayMs * 2 ** this.#failures, longestDelayMs)
    }
  }
}
