import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { flag, text, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type NewChallenge, insertChallenge } from './challenges.ts'
import { followed } from './passwords.ts'

export interface NewUser {
  readonly id: string
  readonly email: string
  readonly name: string | null
  readonly phone: string | null
  readonly shard: string
  readonly passwordHash: string
}

/** What a sign-up met: nobody, somebody who never confirmed the address, or somebody who did. */
export type SignUpOutcome = 'created' | 'unverified' | 'verified' | 'raced'

/** One of the two is written: that of a new account, or that somebody tried with an address which has one. */
export interface SignUpAudits {
  readonly created: AuditRow
  readonly met: AuditRow
}

/**
 * A sign-up in one statement. A new address gets a user, an identity, a password and a challenge; a known but
 * unconfirmed one gets only a challenge, which carries the new password until the mailbox is proven, so that whoever
 * signed up first with somebody else's address gains nothing; a confirmed one is left alone. Of simultaneous sign-ups
 * one creates; the others find nobody and lose the insert, which is `raced`.
 */
export function signUp(user: NewUser, challenge: NewChallenge, audits: SignUpAudits): Statement {
  return sql`with existing as (
      select id, email_verified_at from users where lower(email) = lower(${user.email}) and deleted_at is null),
    created as (
      insert into users (id, email, name, phone, shard)
      select ${user.id}::uuid, ${user.email}, ${user.name}, ${user.phone}, ${user.shard} where not exists (select 1 from existing)
      on conflict do nothing returning id),
    known as (insert into identities (id, user_id, subject)
      select ${user.id}::uuid, id, 'email:' || lower(${user.email}) from created on conflict (subject) do update set user_id = excluded.user_id),
    credential as (insert into password_credentials (user_id, hash) select id, ${user.passwordHash} from created),
    asked as (${insertChallenge(challenge, sql`(select id from created union all select id from existing where email_verified_at is null) who`, sql`who.id`)}),
    logged as (${insertAuditWhen(sql`created`, audits.created)}),
    met_logged as (${insertAuditWhen(sql`(select 1 where not exists (select 1 from created)) met`, audits.met, { userId: sql`(select id from existing)` })})
    select case
      when exists (select 1 from created) then 'created'
      when exists (select 1 from existing where email_verified_at is null) then 'unverified'
      when exists (select 1 from existing) then 'verified'
      else 'raced' end as outcome`
}

export function signUpOutcome(row: Row): SignUpOutcome {
  const outcome = text(row, 'outcome')
  if (outcome === 'created' || outcome === 'unverified' || outcome === 'verified') return outcome
  return 'raced'
}

/** A user as a login needs them. */
export interface LoginUser {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly shard: string
  readonly isActive: boolean
  readonly passwordHash: string | null
}

export function findUserForLogin(email: string): Statement {
  return sql`select u.id, u.email, u.email_verified_at is not null as email_verified, u.name, u.roles, u.shard,
      u.status = 'active' as is_active, c.hash
    from users u left join password_credentials c on c.user_id = u.id
    where lower(u.email) = lower(${email}) and u.deleted_at is null`
}

export function loginUser(row: Row): LoginUser {
  return {
    id: text(row, 'id'),
    email: text(row, 'email'),
    emailVerified: flag(row, 'email_verified'),
    name: textOrNull(row, 'name'),
    roles: texts(row, 'roles'),
    shard: text(row, 'shard'),
    isActive: flag(row, 'is_active'),
    passwordHash: textOrNull(row, 'hash'),
  }
}

export function findUserShard(userId: string): Statement {
  return sql`select shard from users where id = ${userId}::uuid`
}

/** Stores the same password under a newer cost or pepper, if it was not changed meanwhile. */
export function replacePasswordHash(userId: string, expectedHash: string, newHash: string, audit: AuditRow): Statement {
  return sql`with changed as (
      update password_credentials set hash = ${newHash}, updated_at = now()
      where user_id = ${userId}::uuid and hash = ${expectedHash} returning user_id),
    ${followed({ expectedHash, newHash })}
    ${insertAuditWhen(sql`changed`, audit)}`
}
