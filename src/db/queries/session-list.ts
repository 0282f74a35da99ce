// The live sessions of a user, page by page, as their owner sees them.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, atMs, number, numberOrNull, text, textOrNull, texts } from '../values.ts'

/** One live session as its owner sees it. */
export interface ListedSession {
  readonly id: string
  readonly createdAtMs: number
  readonly lastSeenAtMs: number
  readonly ip: string | null
  readonly userAgent: string | null
  readonly amr: readonly string[]
}

export interface Page {
  readonly limit: number
  /** The last item of the page before; null for the first page. */
  readonly after: { readonly atMs: number; readonly id: string } | null
}

export function listLiveSessions(userId: string, page: Page): Statement {
  const after = page.after
    ? sql`and (date_trunc('milliseconds', last_seen_at), id) < (${atMs(page.after.atMs)}, ${page.after.id}::uuid)`
    : sql``
  return sql`select id, ${asMs(sql`created_at`)} as created_at_ms, ${asMs(sql`date_trunc('milliseconds', last_seen_at)`)} as last_seen_at_ms,
      host(ip) as ip, user_agent, amr
    from sessions where user_id = ${userId}::uuid and ended_at is null and expires_at > now() ${after}
    order by date_trunc('milliseconds', last_seen_at) desc, id desc limit ${page.limit}`
}

export function listedSession(row: Row): ListedSession {
  return {
    id: text(row, 'id'),
    createdAtMs: number(row, 'created_at_ms'),
    lastSeenAtMs: numberOrNull(row, 'last_seen_at_ms') ?? 0,
    ip: textOrNull(row, 'ip'),
    userAgent: textOrNull(row, 'user_agent'),
    amr: texts(row, 'amr'),
  }
}
