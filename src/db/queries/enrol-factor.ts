// Setting up, replacing and removing a second factor. Each is one statement with its audit row.
import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { replacedBackupCodes } from './factors.ts'
import { type NewSession, insertSession } from './sessions.ts'

/** Keeps a secret that counts for nothing until a code of it was given. No row when a confirmed one is there. */
export function offerTotp(userId: string, sealedSecret: string): Statement {
  return sql`insert into totp_credentials (user_id, secret) values (${userId}::uuid, ${sealedSecret})
    on conflict (user_id) do update set secret = excluded.secret, created_at = now()
      where totp_credentials.confirmed_at is null
    returning user_id`
}

/** The secret on offer, for half an hour. */
export function findOfferedTotp(userId: string): Statement {
  return sql`select secret from totp_credentials
    where user_id = ${userId}::uuid and confirmed_at is null and created_at > now() - interval '30 minutes'`
}

export interface Confirmation {
  /** The one a code was given of: an offer made meanwhile is another one. */
  readonly sealedSecret: string
  readonly step: number
  readonly codeHashes: readonly string[]
  readonly session: NewSession
  readonly audit: AuditRow
}

/** Puts the factor in force and opens the session of whoever has just proven it. */
export function confirmTotp(userId: string, given: Confirmation): Statement {
  return sql`with confirmed as (
      update totp_credentials set confirmed_at = now(), last_step = ${given.step}, failures = 0, locked_until = null
      where user_id = ${userId}::uuid and confirmed_at is null and secret = ${given.sealedSecret} returning user_id),
    ${replacedBackupCodes(sql`confirmed`, given.codeHashes)},
    opened as (${insertSession(given.session, sql`confirmed`, sql`confirmed.user_id`)}),
    logged as (${insertAuditWhen(sql`confirmed`, given.audit)})
    select user_id from confirmed`
}

export function reissueBackupCodes(userId: string, codeHashes: readonly string[], audit: AuditRow): Statement {
  return sql`with enrolled as (
      select user_id from totp_credentials where user_id = ${userId}::uuid and confirmed_at is not null for update),
    ${replacedBackupCodes(sql`enrolled`, codeHashes)},
    logged as (${insertAuditWhen(sql`enrolled`, audit)})
    select user_id from enrolled`
}

export function removeTotp(userId: string, audit: AuditRow): Statement {
  return sql`with removed as (
      delete from totp_credentials where user_id = ${userId}::uuid and confirmed_at is not null returning user_id),
    codes as (delete from backup_codes b using removed where b.user_id = removed.user_id),
    logged as (${insertAuditWhen(sql`removed`, audit)})
    select user_id from removed`
}
