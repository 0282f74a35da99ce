import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type ChallengeKey, isKeyed } from './challenges.ts'
import { insertLogoutNotices } from './logout-notices.ts'
import { type SignInRows, entryColumns, openOrPause } from './sign-in.ts'

/**
 * Spends a magic link, once, and signs in. An account whose mailbox was never proven may have been made by somebody else:
 * whoever proves it now gets it without that person's password and sessions.
 */
export function consumeMagicLink(key: ChallengeKey, rows: SignInRows, verified: AuditRow): Statement {
  return sql`with spent as (
      update challenges c set consumed_at = now(), used_ip = ${rows.session.ip}::inet from users u
      where ${isKeyed(key)} and c.purpose = 'magic-link' and c.consumed_at is null and c.expires_at > now()
        and u.id = c.user_id and u.status = 'active' and u.deleted_at is null
      returning c.user_id, c.return_to, u.email_verified_at is null as was_unproven),
    proven as (
      update users set email_verified_at = now(), updated_at = now() from spent
      where users.id = spent.user_id and spent.was_unproven returning users.id),
    dropped as (delete from password_credentials p using proven where p.user_id = proven.id),
    ended as (
      update sessions set ended_at = now(), end_reason = 'address verified' from proven
      where sessions.user_id = proven.id and ended_at is null
      returning sessions.id, sessions.user_id, sessions.client_id),
    noticed as (${insertLogoutNotices(sql`ended`)}),
    ${openOrPause(rows, sql`spent`, sql`spent.user_id`)},
    logged as (${insertAuditWhen(sql`proven`, verified, { userId: sql`proven.id` })})
    select ${entryColumns}, spent.return_to, spent.was_unproven
    from spent join users u on u.id = spent.user_id join entry on entry.user_id = u.id`
}
