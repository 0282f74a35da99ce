// What a UserObject was told to end, kept in its own storage: it holds across evictions and without the database.
import type { AuditRow } from '../db/queries/audit-events.ts'
import type { EndedSessions, StoredSession } from '../db/queries/sessions.ts'

export interface PendingEnd {
  readonly userId: string
  readonly which: EndedSessions
  readonly reason: string
  readonly audit: AuditRow
}

export class EndedStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`create table if not exists ended_sessions (id text primary key, until_ms integer not null);
      create table if not exists ended_users (user_id text not null, before_ms integer not null, except_id text, until_ms integer not null);
      create index if not exists ended_users_idx on ended_users (user_id);
      create table if not exists pending_ends (id text primary key, request text not null);`)
  }

  add(userId: string, which: EndedSessions, untilMs: number): void {
    if (which.kind === 'one') {
      this.#sql.exec('insert or replace into ended_sessions (id, until_ms) values (?, ?)', which.sessionId, untilMs)
      return
    }
    const insert = 'insert into ended_users (user_id, before_ms, except_id, until_ms) values (?, ?, ?, ?)'
    this.#sql.exec(insert, userId, which.beforeMs, which.exceptId, untilMs)
  }

  hasSession(sessionId: string): boolean {
    return this.#sql.exec('select 1 from ended_sessions where id = ?', sessionId).toArray().length > 0
  }

  covers(session: StoredSession): boolean {
    if (this.hasSession(session.id)) return true
    const query = 'select 1 from ended_users where user_id = ? and before_ms >= ? and except_id is not ? limit 1'
    return this.#sql.exec(query, session.userId, session.createdAtMs, session.id).toArray().length > 0
  }

  addPending(id: string, request: PendingEnd): void {
    this.#sql.exec('insert or ignore into pending_ends (id, request) values (?, ?)', id, JSON.stringify(request))
  }

  pending(): readonly { readonly id: string; readonly request: PendingEnd }[] {
    const rows = this.#sql.exec<{ id: string; request: string }>('select id, request from pending_ends order by id').toArray()
    return rows.map((row) => ({ id: row.id, request: JSON.parse(row.request) as PendingEnd }))
  }

  deletePending(id: string): void {
    this.#sql.exec('delete from pending_ends where id = ?', id)
  }

  /** Ends that no session can outlive any more. */
  forgetBefore(nowMs: number): void {
    this.#sql.exec('delete from ended_sessions where until_ms < ?', nowMs)
    this.#sql.exec('delete from ended_users where until_ms < ?', nowMs)
  }
}
