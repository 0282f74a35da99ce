import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { atMs } from '../values.ts'

/** A row of the trail as it is stored. Built by audit/record.ts, which knows the event types. */
export interface AuditRow {
  readonly id: string
  readonly atMs: number
  readonly type: string
  readonly outcome: 'success' | 'failure'
  readonly userId: string | null
  readonly sessionId: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
  readonly reason: string | null
  readonly details: Readonly<Record<string, unknown>>
}

const columns = sql`id, at, type, outcome, user_id, session_id, ip, user_agent, request_id, reason, details`

/**
 * The tail of a statement that writes a state change: `with changed as (update … returning …) <this>`. The row is
 * written exactly when `changed` has one, in the same transaction. `userId` and `sessionId` may come from `changed`.
 */
export function insertAuditWhen(changed: SQL, row: AuditRow, from: { userId?: SQL; sessionId?: SQL } = {}): SQL {
  return sql`insert into audit_events (${columns})
    select ${row.id}::uuid, ${atMs(row.atMs)}, ${row.type}, ${row.outcome},
      ${from.userId ?? sql`${row.userId}::uuid`}, ${from.sessionId ?? sql`${row.sessionId}::uuid`},
      ${row.ip}::inet, ${row.userAgent}, ${row.requestId}, ${row.reason}, ${JSON.stringify(row.details)}::jsonb
    from ${changed} limit 1 on conflict (id) do nothing`
}

/** Of a question that is asked of somebody or, where nobody may be asked, is not. */
export interface AskedAudits {
  readonly asked: AuditRow
  readonly unasked: AuditRow
}

/**
 * For a `with` list that has `asked (user_id)`: one row in either case, so that neither the trail nor the time it takes to
 * write it tells them apart. `whose` finds whom it would have been about, if anybody.
 */
export function insertAuditOfAsking({ asked, unasked }: AskedAudits, whose: SQL): SQL {
  return sql`logged as (${insertAuditWhen(sql`asked`, asked, { userId: sql`asked.user_id` })}),
    missed as (${insertAuditWhen(sql`(select 1 where not exists (select 1 from asked)) nobody`, unasked, { userId: whose })})`
}

/** Rows that wait in the outbox. Repeating it adds nothing. */
export function insertAuditRows(rows: readonly AuditRow[]): Statement {
  const list = rows.map((row) => ({ ...row, at: new Date(row.atMs).toISOString() }))
  return sql`insert into audit_events (${columns})
    select (r->>'id')::uuid, (r->>'at')::timestamptz, r->>'type', r->>'outcome', (r->>'userId')::uuid,
      (r->>'sessionId')::uuid, (r->>'ip')::inet, r->>'userAgent', r->>'requestId', r->>'reason', r->'details'
    from jsonb_array_elements(${JSON.stringify(list)}::jsonb) r
    on conflict (id) do nothing`
}
