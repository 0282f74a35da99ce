// How many tokens signed with a shared secret came, by issuer and day (UTC).
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { number, text } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'

const today = sql`(now() at time zone 'utc')::date`

export function addUses(
  issuer: string,
  { accepted, late }: { readonly accepted: number; readonly late: number },
): Statement {
  return sql`insert into shared_secret_days as d (issuer, day, accepted, late)
    values (${issuer}, ${today}, ${accepted}::bigint, ${late}::bigint)
    on conflict (issuer, day) do update set accepted = d.accepted + excluded.accepted, late = d.late + excluded.late`
}

export interface UsesOfDay {
  readonly issuer: string
  readonly day: string
  readonly accepted: number
  readonly late: number
}

/** Days that are over, which nothing is added to any more. */
export function findUnreportedDays(): Statement {
  return sql`select issuer, to_char(day, 'YYYY-MM-DD') as day, accepted::float8 as accepted, late::float8 as late
    from shared_secret_days where reported_at is null and day < ${today} order by day, issuer limit 100`
}

export function usesOfDay(row: Row): UsesOfDay {
  return {
    issuer: text(row, 'issuer'),
    day: text(row, 'day'),
    accepted: number(row, 'accepted'),
    late: number(row, 'late'),
  }
}

/** Of any number of triggers one finds the row. */
export function reportDay(issuer: string, day: string, audit: AuditRow): Statement {
  return sql`with changed as (
      update shared_secret_days set reported_at = now()
      where issuer = ${issuer} and day = ${day}::date and reported_at is null returning issuer),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select issuer from changed`
}
