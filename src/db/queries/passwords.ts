// Replacing a password: by whoever holds the mailbox, or by whoever knows the one before.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { text } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type ChallengeKey, isKeyed } from './challenges.ts'
import { insertLogoutNotices } from './logout-notices.ts'

/** Whose password a reset is for, while it could be spent. */
export function findReset(key: ChallengeKey): Statement {
  return sql`select u.email from challenges c join users u on u.id = c.user_id
    where ${isKeyed(key)} and c.purpose = 'reset-password' and c.consumed_at is null and c.expires_at > now()
      and u.status = 'active' and u.deleted_at is null`
}

/**
 * Takes a reset for two seconds, without spending it: hashing is dear, and however many send one link at once, one of them
 * gets to hash. Whoever fails after that has lost nothing but those seconds.
 */
export function claimReset(key: ChallengeKey): Statement {
  return sql`update challenges c set claimed_until = now() + interval '2 seconds'
    where ${isKeyed(key)} and c.purpose = 'reset-password' and c.consumed_at is null and c.expires_at > now()
      and (c.claimed_until is null or c.claimed_until < now())
    returning c.id`
}

export interface ResetFacts {
  readonly hash: string
  readonly ip: string | null
  readonly audit: AuditRow
}

/**
 * Spends a reset, once: the new password is in force, the mailbox is proven, every session ends, and no other question
 * that was mailed before is good any more. Factors stay: whoever reads somebody's mail must not get past those.
 */
export function consumeReset(key: ChallengeKey, { hash, ip, audit }: ResetFacts): Statement {
  return sql`with spent as (
      update challenges c set consumed_at = now(), used_ip = ${ip}::inet from users u
      where ${isKeyed(key)} and c.purpose = 'reset-password' and c.consumed_at is null and c.expires_at > now()
        and u.id = c.user_id and u.status = 'active' and u.deleted_at is null
      returning c.id, c.user_id),
    proven as (
      update users set email_verified_at = coalesce(email_verified_at, now()), updated_at = now()
      from spent where users.id = spent.user_id returning users.id, users.email, users.shard),
    credential as (
      insert into password_credentials (user_id, hash) select user_id, ${hash} from spent
      on conflict (user_id) do update set hash = excluded.hash, updated_at = now()),
    others as (
      update challenges set consumed_at = now() from spent
      where challenges.user_id = spent.user_id and challenges.id <> spent.id and challenges.consumed_at is null),
    ended as (
      update sessions set ended_at = now(), end_reason = 'password reset' from spent
      where sessions.user_id = spent.user_id and ended_at is null
      returning sessions.id, sessions.user_id, sessions.client_id),
    noticed as (${insertLogoutNotices(sql`ended`)}),
    logged as (${insertAuditWhen(sql`proven`, audit, { userId: sql`proven.id` })})
    select id, email, shard from proven`
}

export interface ResetAccount {
  readonly id: string
  readonly email: string
  readonly shard: string
}

export function resetAccount(row: Row): ResetAccount {
  return { id: text(row, 'id'), email: text(row, 'email'), shard: text(row, 'shard') }
}

/** Replaces a password that is still the expected one. Returns one row if it happened. */
export function changePassword(
  userId: string,
  { expectedHash, newHash }: { readonly expectedHash: string; readonly newHash: string },
  audit: AuditRow,
): Statement {
  return sql`with changed as (
      update password_credentials set hash = ${newHash}, updated_at = now()
      where user_id = ${userId}::uuid and hash = ${expectedHash} returning user_id),
    others as (
      update challenges set consumed_at = now() from changed
      where challenges.user_id = changed.user_id and challenges.consumed_at is null),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select user_id from changed`
}

/** The password of somebody who is signed in; no row where there is none. */
export function findPasswordHash(userId: string): Statement {
  return sql`select c.hash from password_credentials c join users u on u.id = c.user_id
    where c.user_id = ${userId}::uuid and u.status = 'active' and u.deleted_at is null`
}
