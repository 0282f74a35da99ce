import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'

/** Forgets wrong codes of the second factor, and says under which address passwords are guessed at. No row: no such user. */
export function unlockUser(userId: string, audit: AuditRow): Statement {
  return sql`with found as (select id, email from users where id = ${userId}::uuid and deleted_at is null),
    forgiven as (
      update totp_credentials t set failures = 0, failed_at = null, locked_until = null from found
      where t.user_id = found.id),
    logged as (${insertAuditWhen(sql`found`, audit)})
    select email from found`
}
