// What a person may see, change, take along and end: their own account.
import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, flag, number, text, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'

export interface OwnAccount {
  readonly id: string
  readonly email: string | null
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly createdAtMs: number
}

const account = sql`id, email, email_verified_at is not null as email_verified, name, roles, ${asMs(sql`created_at`)} as created_at_ms`

export function findOwnAccount(userId: string): Statement {
  return sql`select ${account} from users where id = ${userId}::uuid and deleted_at is null`
}

export function ownAccount(row: Row): OwnAccount {
  return {
    id: text(row, 'id'),
    email: textOrNull(row, 'email'),
    emailVerified: flag(row, 'email_verified'),
    name: textOrNull(row, 'name'),
    roles: texts(row, 'roles'),
    createdAtMs: number(row, 'created_at_ms'),
  }
}

export function rename(userId: string, name: string | null, audit: AuditRow): Statement {
  return sql`with changed as (
      update users set name = ${name}::text, updated_at = now() where id = ${userId}::uuid and deleted_at is null returning *),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select ${account} from changed`
}

/** The row stays until the purge, so that an administrator can bring it back; the address is free at once. */
export function deleteAccount(userId: string, deletedBy: string, audit: AuditRow): Statement {
  return sql`with changed as (
      update users set deleted_at = now(), deleted_by = ${deletedBy}::uuid, updated_at = now()
      where id = ${userId}::uuid and deleted_at is null returning id),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select id from changed`
}

/** One bounded batch of the purge: everything that hangs on the account goes with it, the trail excepted. */
export function purgeAccounts(deletedForDays: number, limit: number): Statement {
  return sql`delete from users where id in (
      select id from users where deleted_at < now() - make_interval(days => ${deletedForDays}) limit ${limit})
    returning id`
}

/** How much of the trail is handed out at once: years of an ordinary account. */
const mostEvents = 10_000

/** Everything kept of a person, by name. No secret and no hash of one: they prove who somebody is and tell nothing about them. */
const parts: Readonly<Record<string, (who: SQL) => SQL>> = {
  profile: (who) =>
    sql`select id, email, email_verified_at, name, phone, roles, created_at, updated_at from users where id = ${who}`,
  identities: (who) => sql`select subject, created_at from identities where user_id = ${who} order by created_at`,
  password: (who) => sql`select created_at, updated_at from password_credentials where user_id = ${who}`,
  authenticator_apps: (who) => sql`select created_at, confirmed_at from totp_credentials where user_id = ${who}`,
  phones: (who) => sql`select phone, use, created_at from phone_credentials where user_id = ${who}`,
  backup_codes: (who) => sql`select created_at, used_at from backup_codes where user_id = ${who}`,
  passkeys: (who) =>
    sql`select id, name, credential_id, transports, aaguid, is_backed_up, created_at, last_used_at from passkeys where user_id = ${who}`,
  sessions: (
    who,
  ) => sql`select s.id, s.amr, s.aal, s.auth_time, s.created_at, s.last_seen_at, s.expires_at, s.ip, p.country, p.city,
      s.user_agent, s.ended_at, s.end_reason, s.client_id, s.scope
      from sessions s left join session_places p on p.session_id = coalesce(s.parent_id, s.id)
      where s.user_id = ${who} order by s.created_at desc`,
  sign_in_habits: (who) => sql`select habits, updated_at from login_habits where user_id = ${who}`,
  consents: (who) => sql`select client_id, scopes, granted_at from oauth_consents where user_id = ${who}`,
  events: (who) => sql`select at, type, outcome, session_id, ip, user_agent, reason, details from audit_events
      where user_id = ${who} order by at desc limit ${mostEvents}`,
}

/** One row with one text: a JSON object that has a list for each part. */
export function exportAccount(userId: string): Statement {
  const lists = Object.entries(parts).map(
    ([name, rows]) =>
      sql`${name}::text, (select coalesce(jsonb_agg(to_jsonb(part)), '[]'::jsonb) from (${rows(sql`${userId}::uuid`)}) part)`,
  )
  return sql`select jsonb_pretty(jsonb_build_object(${sql.join(lists, sql`, `)})) as document`
}
