import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type ChallengeKey, isKeyed } from './challenges.ts'
import { type SignInRows, entryColumns, openOrPause } from './sign-in.ts'
import { dropWaysIn, endSessions, takeOver } from './taken-over.ts'

export interface MagicAnswer {
  readonly browserHash: string | null
  /** As typed with the link. */
  readonly email: string | null
  readonly audits: { readonly verified: AuditRow; readonly takenOver: AuditRow }
}

/**
 * Spends a magic link, once, and signs in. A link that was asked for elsewhere needs the address as well: nobody is signed in
 * as somebody else by a link that was sent to them. An account whose mailbox was never proven is taken over.
 */
export function consumeMagicLink(key: ChallengeKey, given: MagicAnswer, rows: SignInRows): Statement {
  // A code was looked up for whoever is here, who typed the address.
  const isMeant =
    'id' in key
      ? sql`true`
      : sql`(c.browser_hash is not distinct from ${given.browserHash}::text or lower(u.email) = lower(${given.email}::text))`
  return sql`with spent as (
      update challenges c set consumed_at = now(), used_ip = ${rows.session.ip}::inet from users u
      where ${isKeyed(key)} and c.purpose = 'magic-link' and c.consumed_at is null and c.expires_at > now()
        and u.id = c.user_id and u.status = 'active' and u.deleted_at is null and ${isMeant}
      returning c.id, c.user_id, c.return_to),
    ${takeOver(sql`spent`, sql`spent.user_id`, null)},
    passwords as (delete from password_credentials p using taken where p.user_id = taken.id),
    ${dropWaysIn(given.audits.takenOver, sql`(select id from spent)`)},
    ${endSessions(sql`taken`, sql`taken.id`, 'address verified')},
    ${openOrPause(rows, sql`spent`, { userId: sql`spent.user_id`, taken: sql`taken` })},
    logged as (${insertAuditWhen(sql`taken`, given.audits.verified, { userId: sql`taken.id` })})
    select ${entryColumns}, spent.return_to, exists (select 1 from taken) as was_taken
    from spent join users u on u.id = spent.user_id join entry on entry.user_id = u.id`
}
