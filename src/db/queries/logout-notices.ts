// Applications that still have to hear that a session of theirs ended.
import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { number, numberOrNull, text } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'

/** For a `with` list: one notice for each ended session whose client wants to hear. `ended` has id, user_id, client_id. */
export function insertLogoutNotices(ended: SQL): SQL {
  return sql`insert into logout_notices (client_id, session_id, user_id)
    select c.id, e.id, e.user_id from ${ended} e
      join oauth_clients c on c.id = e.client_id and c.backchannel_logout_uri is not null
    returning id`
}

export interface LogoutNotice {
  readonly id: string
  readonly clientId: string
  readonly sessionId: string
  readonly userId: string
  readonly attempts: number
  readonly address: string
}

/** Takes what is due, each by one taker, and sets the time of the next try: 2 s after the first, four times that after each. */
export function claimLogoutNotices(limit: number): Statement {
  return sql`update logout_notices n
    set attempts = n.attempts + 1, next_at = now() + interval '2 seconds' * power(4, n.attempts)
    from oauth_clients c
    where c.id = n.client_id and n.id in (
      select id from logout_notices where next_at <= now() order by next_at limit ${limit} for update skip locked)
    returning n.id, n.client_id, n.session_id, n.user_id, n.attempts, c.backchannel_logout_uri`
}

export function logoutNotice(row: Row): LogoutNotice {
  return {
    id: text(row, 'id'),
    clientId: text(row, 'client_id'),
    sessionId: text(row, 'session_id'),
    userId: text(row, 'user_id'),
    attempts: number(row, 'attempts'),
    address: text(row, 'backchannel_logout_uri'),
  }
}

/** Delivered or given up; the trail says which. */
export function settleLogoutNotice(id: string, audit: AuditRow): Statement {
  return sql`with changed as (delete from logout_notices where id = ${id}::uuid returning id)
    ${insertAuditWhen(sql`changed`, audit)}`
}

/** In how many milliseconds the next one is due, less than none if it is overdue; null when there is none. */
export function nextLogoutNotice(): Statement {
  return sql`select (extract(epoch from min(next_at) - now()) * 1000)::float8 as due_in_ms from logout_notices`
}

export function dueInMs(row: Row | undefined): number | null {
  return row === undefined ? null : numberOrNull(row, 'due_in_ms')
}
