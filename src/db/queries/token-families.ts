// Sessions that are refreshed instead of carried in a cookie.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { number, text, textOrNull } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { isLive, sessionColumns } from './sessions.ts'

export interface StoredFamily {
  readonly clientId: string
  readonly scope: string
  readonly seed: string
  readonly jkt: string | null
  readonly generation: number
  readonly refreshedAtMs: number
}

/** Null for a session with a cookie. */
export function storedFamily(row: Row): StoredFamily | null {
  if (row['client_id'] === null) return null
  return {
    clientId: text(row, 'client_id'),
    scope: text(row, 'scope'),
    seed: text(row, 'refresh_seed'),
    jkt: textOrNull(row, 'dpop_jkt'),
    generation: number(row, 'refresh_generation'),
    refreshedAtMs: number(row, 'refreshed_at_ms'),
  }
}

/**
 * Hands the family on from one generation to the next, if it is still there and its user may sign in. Returns the
 * session as it is then; repeating it finds the generation gone and changes nothing.
 */
export function refreshFamily(sessionId: string, generation: number, audit: AuditRow): Statement {
  return sql`with changed as (
      update sessions s set refresh_generation = s.refresh_generation + 1, refreshed_at = now(), last_seen_at = now()
      from users u
      where s.id = ${sessionId}::uuid and s.refresh_generation = ${generation} and u.id = s.user_id and ${isLive}
      returning ${sessionColumns}),
    logged as (${insertAuditWhen(sql`changed`, audit, { userId: sql`changed.user_id`, sessionId: sql`changed.id` })})
    select * from changed`
}
