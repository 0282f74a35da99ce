// Replacing a password: by whoever holds the mailbox, or by whoever knows the one before.
import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { text } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type ChallengeKey, isKeyed } from './challenges.ts'
import { dropWaysIn, endSessions, takeOver } from './taken-over.ts'

export interface ResetFacts {
  readonly hash: string
  readonly ip: string | null
  readonly audits: { readonly reset: AuditRow; readonly takenOver: AuditRow }
}

/**
 * Spends a reset, once: the new password is in force, the mailbox is proven, every session ends, and no other question
 * that was mailed before is good any more. Factors stay, where the mailbox was proven before: whoever reads somebody's mail
 * must not get past those. Where it never was, they are not its owner's, and the account is taken over.
 */
export function consumeReset(key: ChallengeKey, { hash, ip, audits }: ResetFacts): Statement {
  return sql`with spent as (
      update challenges c set consumed_at = now(), used_ip = ${ip}::inet from users u
      where ${isKeyed(key)} and c.purpose = 'reset-password' and c.consumed_at is null and c.expires_at > now()
        and u.id = c.user_id and u.status = 'active' and u.deleted_at is null
      returning c.id, c.user_id),
    ${takeOver(sql`spent`, sql`spent.user_id`, null)},
    ${dropWaysIn(audits.takenOver, sql`(select id from spent)`)},
    credential as (
      insert into password_credentials (user_id, hash) select user_id, ${hash} from spent
      on conflict (user_id) do update set hash = excluded.hash, updated_at = now()),
    void as (
      update challenges set consumed_at = now() from spent
      where challenges.user_id = spent.user_id and challenges.id <> spent.id and challenges.consumed_at is null
        and not exists (select 1 from taken)),
    ${endSessions(sql`spent`, sql`spent.user_id`, 'password reset')},
    logged as (${insertAuditWhen(sql`spent`, audits.reset, { userId: sql`spent.user_id` })})
    select u.id, u.email, u.shard from spent join users u on u.id = spent.user_id`
}

export interface ResetAccount {
  readonly id: string
  readonly email: string
  readonly shard: string
}

export function resetAccount(row: Row): ResetAccount {
  return { id: text(row, 'id'), email: text(row, 'email'), shard: text(row, 'shard') }
}

/**
 * Replaces a password that is still the expected one. Returns one row if it happened. Of an address that is not proven yet,
 * the new one is what its sign-up waits with; questions of other sign-ups are not this person's to close.
 */
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
      where challenges.user_id = changed.user_id and challenges.consumed_at is null and challenges.purpose <> 'verify-email'),
    ${followed({ expectedHash, newHash })},
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select user_id from changed`
}

/** For a `with` list that has `changed`: what would put the old hash in force again puts the new one. */
export function followed(hashes: { readonly expectedHash: string; readonly newHash: string }): SQL {
  return sql`followed as (
      update challenges w set password_hash = ${hashes.newHash} from changed
      where w.user_id = changed.user_id and w.purpose = 'verify-email' and w.password_hash = ${hashes.expectedHash})`
}

/** The password of somebody who is signed in; no row where there is none. */
export function findPasswordHash(userId: string): Statement {
  return sql`select c.hash from password_credentials c join users u on u.id = c.user_id
    where c.user_id = ${userId}::uuid and u.status = 'active' and u.deleted_at is null`
}
