// An account whose mailbox nobody had proven, and somebody does now: it may have been made, in the hope that they would come
// one day, by a stranger who has left a way in. They get it without anything of that stranger's.
import { type SQL, sql } from 'drizzle-orm'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { insertLogoutNotices } from './logout-notices.ts'

/** For a `with` list: of every account `c` of `from`, confirmed by this, what describes the person. Rows `taken`: id, email, shard. */
export function takeOver(from: SQL, userId: SQL, name: string | null): SQL {
  return sql`taken as (
      update users u set email_verified_at = now(), name = ${name}::text, phone = null, updated_at = now()
      from ${from} where u.id = ${userId} and u.email_verified_at is null returning u.id, u.email, u.shard)`
}

/**
 * For a `with` list that has `taken`: every way in that is left but the password, which the statement itself drops or replaces,
 * and sessions, for which there is `endSessions`. `spentId` is the question by which it was taken over.
 */
export function dropWaysIn(audit: AuditRow, spentId: SQL | null): SQL {
  const isOther = spentId === null ? sql`` : sql`and c.id <> ${spentId}`
  return sql`apps as (delete from totp_credentials c using taken where c.user_id = taken.id),
    codes as (delete from backup_codes c using taken where c.user_id = taken.id),
    phones as (delete from phone_credentials p using taken where p.user_id = taken.id),
    keys as (delete from passkeys k using taken where k.user_id = taken.id),
    others as (delete from identities i using taken where i.user_id = taken.id and i.subject not like 'email:%'),
    consents as (delete from oauth_consents o using taken where o.user_id = taken.id),
    questions as (
      update challenges c set consumed_at = now() from taken
      where c.user_id = taken.id and c.consumed_at is null ${isOther}),
    taken_logged as (${insertAuditWhen(sql`taken`, audit, { userId: sql`taken.id` })})`
}

/** For a `with` list: all sessions of `from`, and the applications that have to hear of it. */
export function endSessions(from: SQL, userId: SQL, reason: 'address verified' | 'password reset'): SQL {
  return sql`ended as (
      update sessions s set ended_at = now(), end_reason = ${reason} from ${from}
      where s.user_id = ${userId} and s.ended_at is null returning s.id, s.user_id, s.client_id),
    noticed as (${insertLogoutNotices(sql`ended`)})`
}
