// What a UserObject was told to end, and which rotations are complete: kept in its own storage, so that it holds across
// evictions and without the database.
import type { EndedSessions, StoredSession } from '../db/queries/sessions.ts'
import { FingerprintStore } from './fingerprint-store.ts'
import type { EndRequest } from './user-sessions.ts'

export class EndedStore {
  /** Beside what ended, as it is forgotten with that. */
  readonly fingerprints: FingerprintStore
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.fingerprints = new FingerprintStore(sql)
    sql.exec(`create table if not exists session_ends (id text not null, user_id text not null, until_ms integer not null, primary key (id, user_id));
      create table if not exists seen_successors (id text primary key, secret_hash text not null, at_ms integer not null, until_ms integer not null);
      create table if not exists ended_users (user_id text not null, before_ms integer not null, except_id text, until_ms integer not null);
      create index if not exists ended_users_idx on ended_users (user_id);
      create table if not exists ended_tokens (user_id text primary key, before_ms integer not null, until_ms integer not null);
      create table if not exists pending_ends (id text primary key, request text not null);`)
  }

  add(userId: string, which: EndedSessions, untilMs: number): void {
    if (which.kind === 'one') {
      this.#sql.exec(
        'insert or replace into session_ends (id, user_id, until_ms) values (?, ?, ?)',
        which.sessionId,
        userId,
        untilMs,
      )
      return
    }
    const insert = 'insert into ended_users (user_id, before_ms, except_id, until_ms) values (?, ?, ?, ?)'
    this.#sql.exec(insert, userId, which.beforeMs, which.exceptId, untilMs)
    if (which.sparesTokens !== true) this.#addTokens(userId, which.beforeMs, untilMs)
  }

  #addTokens(userId: string, beforeMs: number, untilMs: number): void {
    const insert = `insert into ended_tokens (user_id, before_ms, until_ms) values (?, ?, ?)
      on conflict (user_id) do update set before_ms = max(before_ms, excluded.before_ms), until_ms = max(until_ms, excluded.until_ms)`
    this.#sql.exec(insert, userId, beforeMs, untilMs)
  }

  /** Only what its own user ended: whoever knows the id of somebody else's session in this shard can end nothing by it. */
  hasSession(sessionId: string, userId: string): boolean {
    return (
      this.#sql.exec('select 1 from session_ends where id = ? and user_id = ?', sessionId, userId).toArray().length > 0
    )
  }

  covers(session: StoredSession): boolean {
    if (this.hasSession(session.id, session.userId)) return true
    if (session.parentId !== null && this.hasSession(session.parentId, session.userId)) return true
    const query =
      'select 1 from ended_users where user_id = ? and before_ms >= ? and (except_id is null or except_id not in (?, ?)) limit 1'
    const { userId, createdAtMs, id, parentId } = session
    return this.#sql.exec(query, userId, createdAtMs, id, parentId ?? id).toArray().length > 0
  }

  /** Up to when the tokens of other issuers were ended that a user has; null for never. */
  endedUpToMs(userId: string): number | null {
    const query = 'select before_ms from ended_tokens where user_id = ?'
    return this.#sql.exec<{ before_ms: number }>(query, userId).toArray()[0]?.before_ms ?? null
  }

  /** A token of another issuer. */
  coversToken({ userId, issuedMs }: { readonly userId: string; readonly issuedMs: number }): boolean {
    const endedUpToMs = this.endedUpToMs(userId)
    return endedUpToMs !== null && issuedMs <= endedUpToMs
  }

  addPending(id: string, request: EndRequest): void {
    this.#sql.exec('insert or ignore into pending_ends (id, request) values (?, ?)', id, JSON.stringify(request))
  }

  pending(): readonly { readonly id: string; readonly request: EndRequest }[] {
    const rows = this.#sql
      .exec<{ id: string; request: string }>('select id, request from pending_ends order by id')
      .toArray()
    return rows.map((row) => ({ id: row.id, request: JSON.parse(row.request) as EndRequest }))
  }

  deletePending(id: string): void {
    this.#sql.exec('delete from pending_ends where id = ?', id)
  }

  /** When the secret after a rotation was first presented. Forgotten with the memory, the one before would be good again. */
  successorSeenAtMs(session: StoredSession): number | null {
    const query = 'select at_ms from seen_successors where id = ? and secret_hash = ?'
    return this.#sql.exec<{ at_ms: number }>(query, session.id, session.secretHash).toArray()[0]?.at_ms ?? null
  }

  addSuccessorSeen(session: StoredSession, atMs: number): void {
    const insert = 'insert or replace into seen_successors (id, secret_hash, at_ms, until_ms) values (?, ?, ?, ?)'
    this.#sql.exec(insert, session.id, session.secretHash, atMs, session.expiresAtMs)
  }

  /** What nothing can outlive any more that was ended. */
  forgetBefore(nowMs: number): void {
    this.fingerprints.forgetBefore(nowMs)
    this.#sql.exec('delete from session_ends where until_ms < ?', nowMs)
    this.#sql.exec('delete from seen_successors where until_ms < ?', nowMs)
    this.#sql.exec('delete from ended_users where until_ms < ?', nowMs)
    this.#sql.exec('delete from ended_tokens where until_ms < ?', nowMs)
  }
}
