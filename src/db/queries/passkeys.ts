// Passkeys as the record keeps them. What changes who gets in is one statement with its audit row.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, flag, number, numberOrNull, text, textArray, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { factorMethods } from './sign-in.ts'

/** As their owner sees it. */
export interface Passkey {
  readonly id: string
  readonly credentialId: string
  readonly transports: readonly string[]
  readonly isBackedUp: boolean
  readonly aaguid: string | null
  readonly name: string
  readonly createdAtMs: number
  readonly lastUsedAtMs: number | null
}

/** What an answer of it is judged by. */
export interface PasskeyKey {
  readonly id: string
  readonly userId: string
  readonly credentialId: string
  readonly publicKey: string
  readonly counter: number
  readonly isBackupEligible: boolean
  readonly handle: string
}

export interface NewPasskey {
  readonly id: string
  readonly userId: string
  readonly credentialId: string
  readonly publicKey: string
  readonly counter: number
  readonly transports: readonly string[]
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly aaguid: string | null
  readonly name: string
}

export function findPasskeys(userId: string): Statement {
  return sql`select id, credential_id, transports, is_backed_up, aaguid, name,
      ${asMs(sql`created_at`)} as created_at_ms, ${asMs(sql`last_used_at`)} as last_used_at_ms
    from passkeys where user_id = ${userId}::uuid order by created_at, id`
}

export function passkeyOf(row: Row): Passkey {
  return {
    id: text(row, 'id'),
    credentialId: text(row, 'credential_id'),
    transports: texts(row, 'transports'),
    isBackedUp: flag(row, 'is_backed_up'),
    aaguid: textOrNull(row, 'aaguid'),
    name: text(row, 'name'),
    createdAtMs: number(row, 'created_at_ms'),
    lastUsedAtMs: numberOrNull(row, 'last_used_at_ms'),
  }
}

/** Of a passkey `p` and the handle `h` of its owner. */
export const passkeyKeyColumns = sql`p.id, p.user_id, p.credential_id, p.public_key, p.counter, p.is_backup_eligible, h.handle`

export function passkeyKey(row: Row): PasskeyKey {
  return {
    id: text(row, 'id'),
    userId: text(row, 'user_id'),
    credentialId: text(row, 'credential_id'),
    publicKey: text(row, 'public_key'),
    counter: number(row, 'counter'),
    isBackupEligible: flag(row, 'is_backup_eligible'),
    handle: text(row, 'handle'),
  }
}

/** The handle somebody has, or gets now, and always has from then on. */
export function keepHandle(userId: string, handle: string): Statement {
  return sql`insert into passkey_handles (user_id, handle) values (${userId}::uuid, ${handle})
    on conflict (user_id) do update set user_id = excluded.user_id returning handle`
}

export function findHandle(userId: string): Statement {
  return sql`select handle from passkey_handles where user_id = ${userId}::uuid`
}

/**
 * Only for a proven mailbox, and only by a session that has what the account's logins need. `most` bounds what grows, and is
 * not exact for passkeys that are added at the same moment. Not added: the session is too weak, one of these, or the credential
 * is there already, whoever has it; `outcome` tells which.
 */
export function addPasskey(passkey: NewPasskey, by: { readonly aal: 1 | 2; readonly most: number }, audit: AuditRow) {
  const id = sql`${passkey.userId}::uuid`
  return sql`with strong as (select ${id} as id where ${by.aal}::int = 2 or ${factorMethods(id)} = '{}'),
    owner as (
      select u.id from users u join strong on strong.id = u.id
      where u.status = 'active' and u.deleted_at is null and u.email_verified_at is not null
        and (select count(*) from passkeys p where p.user_id = u.id) < ${by.most}),
    added as (
      insert into passkeys (id, user_id, credential_id, public_key, counter, transports, is_backup_eligible, is_backed_up, aaguid, name)
      select ${passkey.id}::uuid, owner.id, ${passkey.credentialId}, ${passkey.publicKey}, ${passkey.counter}::bigint,
        ${textArray(passkey.transports)}, ${passkey.isBackupEligible}, ${passkey.isBackedUp}, ${passkey.aaguid}::uuid, ${passkey.name}
      from owner on conflict do nothing returning user_id, created_at),
    logged as (${insertAuditWhen(sql`added`, audit)})
    select case when exists (select 1 from added) then 'added' when exists (select 1 from owner) then 'exists'
        when exists (select 1 from strong) then 'refused' else 'weak' end as outcome,
      ${asMs(sql`(select created_at from added)`)} as created_at_ms`
}

export function renamePasskey(
  userId: string,
  { id, name }: { readonly id: string; readonly name: string },
  audit: AuditRow,
): Statement {
  return sql`with changed as (
      update passkeys set name = ${name} where id = ${id}::uuid and user_id = ${userId}::uuid returning *),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select id, credential_id, transports, is_backed_up, aaguid, name,
      ${asMs(sql`created_at`)} as created_at_ms, ${asMs(sql`last_used_at`)} as last_used_at_ms from changed`
}

export function removePasskey(userId: string, id: string, audit: AuditRow): Statement {
  return sql`with removed as (delete from passkeys where id = ${id}::uuid and user_id = ${userId}::uuid returning user_id),
    logged as (${insertAuditWhen(sql`removed`, audit)})
    select user_id from removed`
}
