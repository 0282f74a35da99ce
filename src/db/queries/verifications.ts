// Proving the mailbox that somebody signed up with.
import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type Asker, type ChallengeKey, isAskedBy, isKeyed } from './challenges.ts'
import { type SignInRows, entryColumns, openOrPause } from './sign-in.ts'
import { dropWaysIn, endSessions } from './taken-over.ts'

export interface Verification {
  readonly asker: Asker
  /** Of a password that was chosen with the answer. */
  readonly newHash: string | null
  readonly audits: { readonly verified: AuditRow; readonly takenOver: AuditRow }
}

/**
 * Spends a challenge, once: confirms the address, ends sessions that were opened before the mailbox was proven, opens a
 * session, records it. Exactly one of any number of racers gets a row.
 *
 * Several people may have signed up with the address, and each sign-up mails its owner. The password in force from then on is
 * one that whoever answers has chosen: with the answer, or at the sign-up that they answer in the same browser. Otherwise
 * there is none. Where that sign-up is not the one that made the account, the account is taken over.
 */
export function consumeVerification(key: ChallengeKey, given: Verification, rows: SignInRows): Statement {
  const hash = sql`coalesce(${given.newHash}::text, case when ${isAskedBy(given.asker)} then c.password_hash end)`
  return sql`with spent as (
      update challenges c set consumed_at = now(), used_ip = ${rows.session.ip}::inet from users u
      where ${isKeyed(key)} and c.purpose = 'verify-email' and c.consumed_at is null and c.expires_at > now()
        and u.id = c.user_id and u.status = 'active' and u.deleted_at is null and u.email_verified_at is null
      returning c.id, c.user_id, c.return_to, ${hash} as hash,
        exists (select 1 from password_credentials p where p.user_id = c.user_id and p.hash = ${hash}) as is_makers),
    verified as (
      update users u set email_verified_at = now(), updated_at = now(),
        name = case when spent.is_makers then u.name end, phone = case when spent.is_makers then u.phone end
      from spent where u.id = spent.user_id and u.email_verified_at is null
      returning u.id, spent.hash, spent.is_makers),
    chosen as (
      insert into password_credentials (user_id, hash) select id, hash from verified where hash is not null
      on conflict (user_id) do update set hash = excluded.hash, updated_at = now()),
    dropped as (delete from password_credentials p using verified v where p.user_id = v.id and v.hash is null),
    taken as (select id from verified where not is_makers),
    ${dropWaysIn(given.audits.takenOver, sql`(select id from spent)`)},
    ${endSessions(sql`verified`, sql`verified.id`, 'address verified')},
    ${openOrPause(rows, sql`verified`, { userId: sql`verified.id`, taken: sql`taken` })},
    logged as (${insertAuditWhen(sql`verified`, given.audits.verified, { userId: sql`verified.id` })})
    select ${entryColumns}, spent.return_to, not spent.is_makers as was_taken
    from spent join users u on u.id = spent.user_id join entry on entry.user_id = u.id`
}
