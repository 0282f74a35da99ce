import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { flag, text, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'

/** A user as somebody who came with another issuer's token is looked up. */
export interface ExternalUser {
  readonly id: string
  readonly email: string | null
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  /** The shard of their object. */
  readonly shard: string
  /** Neither locked nor deleted. */
  readonly isActive: boolean
}

export function findExternalUser(identity: string): Statement {
  return sql`select u.id, u.email, u.email_verified_at is not null as email_verified, u.name, u.roles, u.shard,
      u.status = 'active' and u.deleted_at is null as is_active
    from identities i join users u on u.id = i.user_id where i.subject = ${identity}`
}

export function externalUser(row: Row): ExternalUser {
  return {
    id: text(row, 'id'),
    email: textOrNull(row, 'email'),
    emailVerified: flag(row, 'email_verified'),
    name: textOrNull(row, 'name'),
    roles: texts(row, 'roles'),
    shard: text(row, 'shard'),
    isActive: flag(row, 'is_active'),
  }
}

export interface NewExternalUser {
  readonly userId: string
  readonly identityId: string
  readonly identity: string
  /** Proven to be theirs; whoever has proven it here is the same person. Null for none. */
  readonly verifiedEmail: string | null
  readonly name: string | null
  readonly shard: string
  readonly mayCreate: boolean
}

/**
 * The first token of somebody. The identity is what everybody races for: whoever inserts it makes the user, or links the
 * one there is, in the same statement, and everybody else finds it afterwards.
 *
 * Only a proven address is linked or kept. An account that somebody else opened with this address and never confirmed is
 * left alone, and so is the address: the new user has none, instead of a share in that account. Returns nothing.
 */
export function addExternalUser(user: NewExternalUser, created: AuditRow, linked: AuditRow): Statement {
  return sql`with same as (
      select id from users where lower(email) = lower(${user.verifiedEmail}::text)
        and email_verified_at is not null and deleted_at is null and status = 'active'),
    claimed as (
      insert into identities (id, user_id, subject)
      select ${user.identityId}::uuid, coalesce((select id from same), ${user.userId}::uuid), ${user.identity}::text
      where ${user.mayCreate}::boolean or exists (select 1 from same)
      on conflict (subject) do nothing returning user_id),
    free as (
      select ${user.verifiedEmail}::text as email where not exists (
        select 1 from users where lower(email) = lower(${user.verifiedEmail}::text) and deleted_at is null)),
    created as (
      insert into users (id, email, email_verified_at, name, shard)
      select user_id, (select email from free), case when (select email from free) is null then null else now() end,
        ${user.name}::text, ${user.shard}::text
      from claimed where user_id = ${user.userId}::uuid returning id),
    linked as (select user_id from claimed where user_id <> ${user.userId}::uuid),
    logged as (${insertAuditWhen(sql`created`, created)})
    ${insertAuditWhen(sql`linked`, linked, { userId: sql`user_id` })}`
}
