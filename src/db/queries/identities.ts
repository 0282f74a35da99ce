// Who a provider's people are here: found, linked to the account of the same mailbox, or made; connected and disconnected by
// their owner. Each is one guarded statement with its audit rows.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { flag, text, textOrNull } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { dropWaysIn, endSessions, takeOver } from './taken-over.ts'

export interface IdentifiedUser {
  readonly id: string
  readonly isActive: boolean
  /** Null: somebody another issuer's token made, whose address nobody knows. */
  readonly email: string | null
}

export function findByIdentity(identity: string): Statement {
  return sql`select u.id, u.status = 'active' and u.deleted_at is null as is_active, u.email
    from identities i join users u on u.id = i.user_id where i.subject = ${identity}`
}

export function identifiedUser(row: Row): IdentifiedUser {
  return { id: text(row, 'id'), isActive: flag(row, 'is_active'), email: textOrNull(row, 'email') }
}

export interface NewIdentity {
  readonly identity: string
  readonly identityId: string
  /** Proven by the provider. */
  readonly email: string
  readonly name: string | null
  /** Of the user and their address, if they are made. */
  readonly userId: string
  readonly emailIdentityId: string
  readonly shard: string
  readonly mayCreate: boolean
}

/** `none`: somebody else was first, which a second look finds, or the account may not be entered, or none may be made. */
export type ClaimOutcome = 'linked' | 'taken-over' | 'created' | 'none'

export interface ClaimAudits {
  readonly linked: AuditRow
  readonly takenOver: AuditRow
  readonly created: AuditRow
}

/**
 * The first sign-in of somebody, in one statement. The identity is what everybody races for; whoever inserts it decides.
 *
 * An account with this address that was proven here is the same person's. One that was never proven is taken over.
 */
export function claimIdentity(given: NewIdentity, audits: ClaimAudits): Statement {
  const { identity, email, userId } = given
  return sql`with same as (
      select id, status = 'active' as is_active from users where lower(email) = lower(${email}) and deleted_at is null),
    claimed as (
      insert into identities (id, user_id, subject)
      select ${given.identityId}::uuid, coalesce((select id from same), ${userId}::uuid), ${identity}::text
      where exists (select 1 from same where is_active) or (${given.mayCreate}::boolean and not exists (select 1 from same))
      on conflict (subject) do nothing returning user_id),
    ${takeOver(sql`claimed`, sql`claimed.user_id`, given.name)},
    passwords as (delete from password_credentials c using taken where c.user_id = taken.id),
    ${dropWaysIn(audits.takenOver, null)},
    ${endSessions(sql`taken`, sql`taken.id`, 'address verified')},
    created as (
      insert into users (id, email, email_verified_at, name, shard)
      select user_id, ${email}, now(), ${given.name}::text, ${given.shard}::text
      from claimed where user_id = ${userId}::uuid returning id),
    known as (
      insert into identities (id, user_id, subject)
      select ${given.emailIdentityId}::uuid, id, 'email:' || lower(${email}) from created
      on conflict (subject) do update set user_id = excluded.user_id),
    linked as (select user_id from claimed where user_id <> ${userId}::uuid),
    created_logged as (${insertAuditWhen(sql`created`, audits.created)}),
    linked_logged as (${insertAuditWhen(sql`linked`, audits.linked, { userId: sql`user_id` })})
    select case
        when exists (select 1 from created) then 'created'
        when exists (select 1 from taken) then 'taken-over'
        when exists (select 1 from linked) then 'linked'
        else 'none' end as outcome,
      u.id::text as known_id, u.shard as known_shard
    from (select 1) one left join linked on true left join users u on u.id = linked.user_id`
}

export function claimOutcome(row: Row): {
  readonly outcome: ClaimOutcome
  /** The account that was there before and can be entered this way now. */
  readonly known: { readonly id: string; readonly shard: string } | null
} {
  const outcome = text(row, 'outcome')
  const id = textOrNull(row, 'known_id')
  return {
    outcome: outcome === 'created' || outcome === 'taken-over' || outcome === 'linked' ? outcome : 'none',
    known: id === null ? null : { id, shard: text(row, 'known_shard') },
  }
}

/** Gives somebody without an address, whom a token of the same issuer made, the one that is proven now and nobody has. */
export function adoptEmail(userId: string, email: string, audit: AuditRow): Statement {
  return sql`with adopted as (
      update users set email = ${email}, email_verified_at = now(), updated_at = now()
      where id = ${userId}::uuid and email is null and not exists (
        select 1 from users o where lower(o.email) = lower(${email}) and o.deleted_at is null)
      returning id)
    ${insertAuditWhen(sql`adopted`, audit)} returning id`
}

/** Adds a way in for somebody who is signed in. The row says whose the identity is by now. */
export function connectIdentity(
  userId: string,
  { identityId, identity }: Pick<NewIdentity, 'identityId' | 'identity'>,
  audit: AuditRow,
): Statement {
  return sql`with added as (
      insert into identities (id, user_id, subject)
      select ${identityId}::uuid, u.id, ${identity}::text from users u
      where u.id = ${userId}::uuid and u.status = 'active' and u.deleted_at is null and u.email_verified_at is not null
      on conflict (subject) do nothing returning user_id),
    logged as (${insertAuditWhen(sql`added`, audit)})
    select exists (select 1 from added) as is_added,
      exists (select 1 from identities where subject = ${identity} and user_id = ${userId}::uuid) as is_own`
}

/** The issuers a user is known by, among these. */
export function findConnected(userId: string, issuers: readonly string[]): Statement {
  return sql`select distinct issuer from jsonb_array_elements_text(${JSON.stringify(issuers)}::jsonb) issuer
    join identities i on i.user_id = ${userId}::uuid and starts_with(i.subject, issuer || '#')`
}

/**
 * Takes a way in away, unless it is the last: another one is a password, a passkey, another of the site's providers, or the
 * mailbox, where those open accounts.
 */
export function disconnectIdentity(
  userId: string,
  {
    issuer,
    others,
    mailboxOpens,
    passkeyOpens,
  }: {
    readonly issuer: string
    readonly others: readonly string[]
    readonly mailboxOpens: boolean
    readonly passkeyOpens: boolean
  },
  audit: AuditRow,
): Statement {
  return sql`with held as (select id, email_verified_at from users where id = ${userId}::uuid for update),
    removed as (
      delete from identities i using held
      where i.user_id = held.id and starts_with(i.subject, ${`${issuer}#`}::text) and (
        exists (select 1 from password_credentials c where c.user_id = held.id)
        or (${passkeyOpens}::boolean and exists (select 1 from passkeys k where k.user_id = held.id))
        or (${mailboxOpens}::boolean and held.email_verified_at is not null)
        or exists (select 1 from jsonb_array_elements_text(${JSON.stringify(others)}::jsonb) other
          join identities o on o.user_id = held.id and starts_with(o.subject, other || '#')))
      returning i.user_id),
    logged as (${insertAuditWhen(sql`removed`, audit)})
    select exists (select 1 from removed) as is_removed,
      exists (select 1 from identities where user_id = ${userId}::uuid and starts_with(subject, ${`${issuer}#`}::text)) as was_there`
}
