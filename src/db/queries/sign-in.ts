// How a proof becomes a session: at once, or, where the account has a second factor, only after that.
import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { atMs, flag, text, textArray, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type NewSession, insertSession } from './sessions.ts'

/** The question for the second factor, which is asked instead of opening the session. */
export interface NewPause {
  readonly id: string
  readonly tokenHash: string
  readonly expiresAtMs: number
}

export interface SignInRows {
  readonly session: NewSession
  readonly pause: NewPause
  readonly audits: { readonly opened: AuditRow; readonly paused: AuditRow; readonly late: AuditRow }
  /** An account made before then, whose mailbox nobody has proven, is opened by nothing else. */
  readonly unprovenSinceMs: number
  /** No session without a second factor, also for somebody who has none; see login/risk.ts. */
  readonly isHeld: boolean
  /** Whoever has a passkey is asked for it as well, which is no second step otherwise. */
  readonly asksPasskey: boolean
}

/** What a person may be asked second, as programs name it. Empty: there is no second factor. */
export function factorMethods(userId: SQL, more: { readonly withPasskey: boolean } = { withPasskey: false }): SQL {
  const passkey = sql`union all (select 'passkey' from passkeys k where k.user_id = ${userId} limit 1)`
  return sql`(select coalesce(array_agg(method), '{}') from (
      select unnest(array['totp', 'backup_code']) as method from totp_credentials t
        where t.user_id = ${userId} and t.confirmed_at is not null
      union all
      select 'sms' from phone_credentials p where p.user_id = ${userId} and p.use = 'second-factor'
      ${more.withPasskey ? passkey : sql``}) methods)`
}

export interface Entering {
  readonly userId: SQL
  /**
   * Of a way that proves the mailbox, the accounts that the same statement takes over: a stranger's factors, which it drops,
   * are not asked for. Null where the mailbox has to have been proven, or the account to be young.
   */
  readonly taken: SQL | null
}

/**
 * The part of a `with` list that every first factor ends in, from the rows of `from`, one per person. It opens the session
 * or asks for the second factor, and whether one is needed is read by the same statement that would open it: no path of
 * the code can forget to ask, and no factor that was added a moment ago is missed. What proves two factors at once, such as
 * a passkey that asked for a fingerprint, needs no more.
 */
export function openOrPause(
  { session, pause, audits, isHeld, asksPasskey, unprovenSinceMs }: SignInRows,
  from: SQL,
  { userId, taken }: Entering,
): SQL {
  const isTaken = taken === null ? sql`false` : sql`exists (select 1 from ${taken} t where t.id = ${userId})`
  return sql`entry as (
      select ${userId} as user_id, case when ${session.aal}::int < 2 and not ${isTaken} then ${factorMethods(userId, { withPasskey: asksPasskey })} else '{}' end as factor_methods,
        ${taken === null ? isUnproven(userId, unprovenSinceMs) : sql`false`} as is_late
      from ${from}),
    opened as (${insertSession(session, sql`entry where factor_methods = '{}' and not is_late and not ${isHeld}::boolean`, sql`entry.user_id`)} returning id, user_id),
    paused as (
      insert into challenges (id, purpose, user_id, token_hash, amr, ip, code_expires_at, expires_at)
      select ${pause.id}::uuid, 'second-factor', user_id, ${pause.tokenHash}, ${textArray(session.amr)},
        ${session.ip}::inet, ${atMs(pause.expiresAtMs)}, ${atMs(pause.expiresAtMs)}
      from entry where factor_methods <> '{}' and not is_late returning user_id),
    opened_logged as (${insertAuditWhen(sql`opened`, audits.opened, { userId: sql`opened.user_id` })}),
    paused_logged as (${insertAuditWhen(sql`paused`, audits.paused, { userId: sql`paused.user_id` })}),
    late_logged as (${insertAuditWhen(sql`entry where is_late`, audits.late, { userId: sql`entry.user_id` })})`
}

function isUnproven(userId: SQL, sinceMs: number): SQL {
  return sql`exists (select 1 from users n
          where n.id = ${userId} and n.email_verified_at is null and n.created_at <= ${atMs(sinceMs)})`
}

/** Whose login it is, and which of the three it led to. For the `select` after `openOrPause`. */
export const entryColumns = sql`u.id, u.email, u.email_verified_at is not null as email_verified, u.name, u.roles, u.shard,
  entry.factor_methods, entry.is_late`

export interface Entry {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly shard: string
  /** By which the login may go on; none: it is over. */
  readonly factorMethods: readonly string[]
  /** Nobody has proven the mailbox in time: nothing was opened, and nothing is asked. */
  readonly isLate: boolean
}

export function entryOf(row: Row): Entry {
  return {
    id: text(row, 'id'),
    email: text(row, 'email'),
    emailVerified: flag(row, 'email_verified'),
    name: textOrNull(row, 'name'),
    roles: texts(row, 'roles'),
    shard: text(row, 'shard'),
    factorMethods: texts(row, 'factor_methods'),
    isLate: flag(row, 'is_late'),
  }
}

/** After a first factor that changes nothing else. Returns a row if the user may still sign in at this moment. */
export function startSession(rows: SignInRows): Statement {
  const { userId } = rows.session
  const who = sql`(select id from users where id = ${userId}::uuid and status = 'active' and deleted_at is null) who`
  return sql`with ${openOrPause(rows, who, { userId: sql`who.id`, taken: null })}
    select ${entryColumns} from users u join entry on entry.user_id = u.id`
}
