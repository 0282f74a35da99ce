import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { atMs } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { insertLogoutNotices } from './logout-notices.ts'
import { type SignInRows, entryColumns, openOrPause } from './sign-in.ts'

/** What an answer is good for; one of another purpose is no answer. */
export type ChallengePurpose = 'verify-email' | 'reset-password' | 'magic-link'

export interface NewChallenge {
  readonly id: string
  readonly purpose: ChallengePurpose
  readonly tokenHash: string
  readonly codeHash: string
  readonly passwordHash: string | null
  readonly returnTo: string | null
  readonly ip: string | null
  readonly codeExpiresAtMs: number
  readonly expiresAtMs: number
}

export function insertChallenge(challenge: NewChallenge, from: SQL, userId: SQL): SQL {
  return sql`insert into challenges (id, purpose, user_id, token_hash, code_hash, password_hash, return_to, ip, code_expires_at, expires_at)
    select ${challenge.id}::uuid, ${challenge.purpose}, ${userId}, ${challenge.tokenHash}, ${challenge.codeHash},
      ${challenge.passwordHash}, ${challenge.returnTo}, ${challenge.ip}::inet, ${atMs(challenge.codeExpiresAtMs)}, ${atMs(challenge.expiresAtMs)}
    from ${from}`
}

/** Asks an unconfirmed address again, at most `maxPerHour` times an hour. Returns one row if it did. */
export function repeatChallenge(email: string, challenge: NewChallenge, maxPerHour: number): Statement {
  const who = sql`(select u.id,
        (select password_hash from challenges c where c.user_id = u.id and c.purpose = ${challenge.purpose} order by created_at desc limit 1) as hash
      from users u where lower(u.email) = lower(${email}) and u.deleted_at is null and u.email_verified_at is null
        and (select count(*) from challenges c where c.user_id = u.id and c.purpose = ${challenge.purpose}
          and c.created_at > now() - interval '1 hour') < ${maxPerHour}) who`
  return sql`insert into challenges (id, purpose, user_id, token_hash, code_hash, password_hash, return_to, ip, code_expires_at, expires_at)
    select ${challenge.id}::uuid, ${challenge.purpose}, who.id, ${challenge.tokenHash}, ${challenge.codeHash}, who.hash,
      ${challenge.returnTo}, ${challenge.ip}::inet, ${atMs(challenge.codeExpiresAtMs)}, ${atMs(challenge.expiresAtMs)}
    from ${who} returning id`
}

/** Asks the mailbox of an account, if there is one, at most `maxPerHour` times an hour. Returns one row if it did. */
export function askByMail(
  email: string,
  challenge: NewChallenge,
  { maxPerHour, audit }: { readonly maxPerHour: number; readonly audit: AuditRow },
): Statement {
  const who = sql`(select u.id from users u
      where lower(u.email) = lower(${email}) and u.deleted_at is null and u.status = 'active'
        and (select count(*) from challenges c where c.user_id = u.id and c.purpose = ${challenge.purpose}
          and c.created_at > now() - interval '1 hour') < ${maxPerHour}) who`
  return sql`with asked as (${insertChallenge(challenge, who, sql`who.id`)} returning id, user_id),
    logged as (${insertAuditWhen(sql`asked`, audit, { userId: sql`asked.user_id` })})
    select id from asked`
}

/**
 * Counts an attempt at the newest open code of an address, before anything is compared: whoever loses a race against
 * the counter finds no challenge. Returns its id and code hash while tries are left.
 */
export function countCodeAttempt(email: string, purpose: ChallengePurpose, maxAttempts: number): Statement {
  return sql`update challenges set attempts = attempts + 1
    where id = (select c.id from challenges c join users u on u.id = c.user_id
        where lower(u.email) = lower(${email}) and u.deleted_at is null and c.purpose = ${purpose}
        order by c.created_at desc limit 1)
      and consumed_at is null and code_expires_at > now() and attempts < ${maxAttempts}
    returning id, code_hash`
}

export type ChallengeKey = { readonly tokenHash: string } | { readonly id: string }

/** The condition that a challenge `c` is the one meant. */
export function isKeyed(key: ChallengeKey): SQL {
  return 'id' in key ? sql`c.id = ${key.id}::uuid` : sql`c.token_hash = ${key.tokenHash}`
}

/**
 * Spends a challenge, once: confirms the address, puts the password of that sign-up in force, ends sessions that were
 * opened before the mailbox was proven, opens a session, records it. Exactly one of any number of racers gets a row.
 */
export function consumeVerification(key: ChallengeKey, rows: SignInRows, verified: AuditRow): Statement {
  return sql`with spent as (
      update challenges c set consumed_at = now(), used_ip = ${rows.session.ip}::inet from users u
      where ${isKeyed(key)} and c.purpose = 'verify-email' and c.consumed_at is null and c.expires_at > now()
        and u.id = c.user_id and u.status = 'active' and u.deleted_at is null and u.email_verified_at is null
      returning c.user_id, c.password_hash, c.return_to),
    verified as (
      update users set email_verified_at = now(), updated_at = now() from spent where users.id = spent.user_id
      returning users.id),
    credential as (
      update password_credentials p set hash = spent.password_hash, updated_at = now() from spent
      where p.user_id = spent.user_id and spent.password_hash is not null),
    ended as (
      update sessions set ended_at = now(), end_reason = 'address verified' from spent
      where sessions.user_id = spent.user_id and ended_at is null returning sessions.id, sessions.user_id, sessions.client_id),
    noticed as (${insertLogoutNotices(sql`ended`)}),
    ${openOrPause(rows, sql`verified`, sql`verified.id`)},
    logged as (${insertAuditWhen(sql`verified`, verified, { userId: sql`verified.id` })})
    select ${entryColumns}, spent.return_to from spent join users u on u.id = spent.user_id join entry on entry.user_id = u.id`
}

/** One bounded batch of the daily clean-up. */
export function deleteOldChallenges(limit: number): Statement {
  return sql`delete from challenges where id in (select id from challenges where expires_at < now() - interval '1 day' limit ${limit}) returning id`
}
