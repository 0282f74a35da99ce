// The fingerprints of a user object's sessions, in its own storage: the first one given stays for as long as the session.
import type { Fingerprint } from './fingerprint.ts'
import type { LeaseAnswer } from './user-sessions.ts'

export class FingerprintStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(
      'create table if not exists session_fingerprints (id text primary key, fingerprint text not null, until_ms integer not null)',
    )
  }

  /** Of a live session. Where fingerprints are off none is given, and nothing is read or kept. */
  into(answer: LeaseAnswer, given: Fingerprint | null): LeaseAnswer {
    if (given === null || answer.outcome !== 'live') return answer
    const { id, expiresAtMs } = answer.session
    const query = 'select fingerprint from session_fingerprints where id = ?'
    const kept = this.#sql.exec<{ fingerprint: string }>(query, id).toArray()[0]?.fingerprint
    if (kept !== undefined) return { ...answer, fingerprint: JSON.parse(kept) as Fingerprint }
    const insert = 'insert into session_fingerprints (id, fingerprint, until_ms) values (?, ?, ?)'
    this.#sql.exec(insert, id, JSON.stringify(given), expiresAtMs)
    return { ...answer, fingerprint: given }
  }

  forgetBefore(nowMs: number): void {
    this.#sql.exec('delete from session_fingerprints where until_ms < ?', nowMs)
  }
}
