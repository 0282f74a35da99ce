// What a UserObject says of sockets and streams that were opened with an access token: whether their session lives, and how
// long the freshest token is good that was shown for them since. Being open is no visit: it does not put off idleness.
import { isStanding } from './known-session.ts'
import type { KnownSessions } from './known-sessions.ts'
import type { UserObjectPolicy } from './user-sessions.ts'

export interface SocketOwner {
  readonly sessionId: string
  readonly userId: string
}

export type Attendance =
  /** `shownUntilMs`: when the freshest token expires that was shown; null for none. */
  | { readonly outcome: 'live'; readonly shownUntilMs: number | null }
  | { readonly outcome: 'dead' }
  | { readonly outcome: 'unknown' }

/** What the worker may ask the object about them. */
export interface TokenSocketSessions {
  /** `shownUntilMs`: a token of the session, good until then, was shown just now for what it has open; null: none was. */
  attend(owner: SocketOwner, shownUntilMs: number | null): Promise<Attendance>
}

/** In storage: an object that starts anew must not close what was prolonged. */
export class TokenSockets implements TokenSocketSessions {
  readonly #sql: SqlStorage
  readonly #known: Pick<KnownSessions, 'find'>
  readonly #policy: UserObjectPolicy

  constructor(sql: SqlStorage, known: Pick<KnownSessions, 'find'>, policy: UserObjectPolicy) {
    this.#sql = sql
    this.#known = known
    this.#policy = policy
    sql.exec('create table if not exists shown_tokens (session_id text primary key, until_ms integer not null)')
  }

  async attend({ sessionId, userId }: SocketOwner, shownUntilMs: number | null): Promise<Attendance> {
    const found = await this.#known.find(sessionId, Date.now())
    if (found === 'unknown') return { outcome: 'unknown' }
    if (found === null || !isStanding(found, userId, this.#policy, Date.now())) return { outcome: 'dead' }
    if (shownUntilMs !== null) this.#note(sessionId, shownUntilMs)
    return { outcome: 'live', shownUntilMs: this.#shownUntilMs(sessionId) }
  }

  forgetBefore(nowMs: number): void {
    this.#sql.exec('delete from shown_tokens where until_ms < ?', nowMs)
  }

  #note(sessionId: string, untilMs: number): void {
    const note = `insert into shown_tokens (session_id, until_ms) values (?, ?)
      on conflict (session_id) do update set until_ms = max(until_ms, excluded.until_ms)`
    this.#sql.exec(note, sessionId, untilMs)
  }

  #shownUntilMs(sessionId: string): number | null {
    const query = 'select until_ms from shown_tokens where session_id = ?'
    return this.#sql.exec<{ until_ms: number }>(query, sessionId).toArray()[0]?.until_ms ?? null
  }
}
