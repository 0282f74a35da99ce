// What a UserObject says of sockets and streams that were opened with an access token: whether their session lives, and how
// long the freshest token is good that was shown for them since. Being open is no visit: it does not put off idleness.
import { type KnownSession, isStanding } from './known-session.ts'
import type { Found } from './known-sessions.ts'
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
  attend(owner: SocketOwner): Promise<Attendance>
  /** A token of the session, good until then, was shown for what it has open. */
  showToken(owner: SocketOwner, untilMs: number): Promise<Attendance>
}

interface SocketPorts {
  readonly find: (sessionId: string, nowMs: number) => Promise<Found>
  readonly policy: UserObjectPolicy
}

/** In storage: an object that starts anew must not close what was prolonged. */
export class TokenSockets implements TokenSocketSessions {
  readonly #sql: SqlStorage
  readonly #ports: SocketPorts

  constructor(sql: SqlStorage, ports: SocketPorts) {
    this.#sql = sql
    this.#ports = ports
    sql.exec('create table if not exists shown_tokens (session_id text primary key, until_ms integer not null)')
  }

  async attend(owner: SocketOwner): Promise<Attendance> {
    const found = await this.#find(owner)
    return found === null || found === 'unknown'
      ? { outcome: found === null ? 'dead' : 'unknown' }
      : { outcome: 'live', shownUntilMs: this.#shownUntilMs(owner.sessionId) }
  }

  async showToken(owner: SocketOwner, untilMs: number): Promise<Attendance> {
    const found = await this.#find(owner)
    if (found !== null && found !== 'unknown') {
      const note = `insert into shown_tokens (session_id, until_ms) values (?, ?)
        on conflict (session_id) do update set until_ms = max(until_ms, excluded.until_ms)`
      this.#sql.exec(note, owner.sessionId, untilMs)
    }
    return this.attend(owner)
  }

  forgetBefore(nowMs: number): void {
    this.#sql.exec('delete from shown_tokens where until_ms < ?', nowMs)
  }

  async #find({ sessionId, userId }: SocketOwner): Promise<KnownSession | null | 'unknown'> {
    const { find, policy } = this.#ports
    const found = await find(sessionId, Date.now())
    if (found === null || found === 'unknown') return found
    return isStanding(found, userId, policy, Date.now()) ? found : null
  }

  #shownUntilMs(sessionId: string): number | null {
    const query = 'select until_ms from shown_tokens where session_id = ?'
    return this.#sql.exec<{ until_ms: number }>(query, sessionId).toArray()[0]?.until_ms ?? null
  }
}
