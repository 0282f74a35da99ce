import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, atMs, flag, number, text, textArray, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { insertLogoutNotices } from './logout-notices.ts'

export interface NewSession {
  readonly id: string
  readonly userId: string
  readonly secretHash: string
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  readonly authTimeMs: number
  readonly expiresAtMs: number
  readonly ip: string | null
  readonly userAgent: string | null
  /** For a holder with tokens instead of a cookie. */
  readonly tokens: NewTokens | null
}

/** Who refreshes a session, for what, and from which seed. */
export interface NewTokens {
  readonly clientId: string
  readonly scope: string
  readonly seed: string
  /** The thumbprint of the key that they are bound to (RFC 9449). */
  readonly jkt: string | null
}

/** A session with its user, as the UserObject keeps it. */
export interface StoredSession {
  readonly id: string
  readonly userId: string
  readonly secretHash: string
  readonly previousSecretHash: string | null
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  readonly authTimeMs: number
  readonly createdAtMs: number
  readonly rotatedAtMs: number
  readonly lastSeenAtMs: number
  readonly expiresAtMs: number
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly userCreatedAtMs: number
  readonly shard: string
  /** The browser session that an application got its own by. */
  readonly parentId: string | null
}

/** The session row, for a `with` list. `userId` may come from a change earlier in the same statement. */
export function insertSession(
  session: NewSession,
  from: SQL = sql`(select 1) one`,
  userId: SQL = sql`${session.userId}::uuid`,
): SQL {
  const { tokens } = session
  return sql`insert into sessions (id, user_id, secret_hash, amr, aal, auth_time, expires_at, ip, user_agent,
      client_id, scope, refresh_seed, dpop_jkt, refresh_generation, refreshed_at)
    select ${session.id}::uuid, ${userId}, ${session.secretHash}, ${textArray(session.amr)}, ${session.aal}::smallint,
      ${atMs(session.authTimeMs)}, ${atMs(session.expiresAtMs)}, ${session.ip}::inet, ${session.userAgent},
      ${tokens?.clientId ?? null}, ${tokens?.scope ?? null}, ${tokens?.seed ?? null}, ${tokens?.jkt ?? null},
      ${tokens === null ? null : 0}::integer, ${tokens === null ? sql`null::timestamptz` : atMs(session.authTimeMs)}
    from ${from}`
}

/** Of a session `s` and its user `u`. */
export const sessionColumns = sql`s.id, s.user_id, s.secret_hash, s.previous_secret_hash, s.amr, s.aal, s.parent_id,
  ${asMs(sql`s.auth_time`)} as auth_time_ms, ${asMs(sql`s.created_at`)} as created_at_ms,
  ${asMs(sql`s.rotated_at`)} as rotated_at_ms, ${asMs(sql`s.last_seen_at`)} as last_seen_at_ms,
  ${asMs(sql`s.expires_at`)} as expires_at_ms, ${asMs(sql`u.created_at`)} as user_created_at_ms,
  u.email, u.email_verified_at is not null as email_verified, u.name, u.roles, u.shard,
  s.client_id, s.scope, s.refresh_seed, s.dpop_jkt, s.refresh_generation, ${asMs(sql`s.refreshed_at`)} as refreshed_at_ms`

export const isLive = sql`s.ended_at is null and s.expires_at > now() and u.status = 'active' and u.deleted_at is null`

export function findLiveSession(id: string): Statement {
  return findLive(sql`s.id = ${id}::uuid`)
}

/** Many at once; ids that are no uuids would fail all of them. */
export function findLiveSessions(ids: readonly string[]): Statement {
  return findLive(sql`s.id = any(${textArray(ids)}::uuid[])`)
}

function findLive(which: SQL): Statement {
  return sql`select ${sessionColumns} from sessions s join users u on u.id = s.user_id where ${which} and ${isLive}`
}

export function storedSession(row: Row): StoredSession {
  return {
    id: text(row, 'id'),
    userId: text(row, 'user_id'),
    secretHash: text(row, 'secret_hash'),
    previousSecretHash: textOrNull(row, 'previous_secret_hash'),
    amr: texts(row, 'amr'),
    aal: number(row, 'aal') === 2 ? 2 : 1,
    authTimeMs: number(row, 'auth_time_ms'),
    createdAtMs: number(row, 'created_at_ms'),
    rotatedAtMs: number(row, 'rotated_at_ms'),
    lastSeenAtMs: number(row, 'last_seen_at_ms'),
    expiresAtMs: number(row, 'expires_at_ms'),
    email: text(row, 'email'),
    emailVerified: flag(row, 'email_verified'),
    name: textOrNull(row, 'name'),
    roles: texts(row, 'roles'),
    userCreatedAtMs: number(row, 'user_created_at_ms'),
    shard: text(row, 'shard'),
    parentId: textOrNull(row, 'parent_id'),
  }
}

/** Which sessions of a user end: one, or all that were there before a moment except perhaps one; applications go with their browser. */
export type EndedSessions =
  | { readonly kind: 'one'; readonly sessionId: string }
  | {
      readonly kind: 'all'
      readonly beforeMs: number
      readonly exceptId: string | null
      /** Leaves the tokens of other issuers, which otherwise end as well: the record knows nothing of them. */
      readonly sparesTokens?: boolean
    }

/**
 * Ends sessions and records it. Repeating it changes nothing and returns the same ids, as whoever repeats it lost the
 * first answer: the moment of the request, which also is when the session ended if the database hears of it late, tells
 * what it ended.
 */
export function endSessions(userId: string, which: EndedSessions, reason: string, audit: AuditRow): Statement {
  const chosen =
    which.kind === 'one'
      ? sql`(id = ${which.sessionId}::uuid or parent_id = ${which.sessionId}::uuid)`
      : sql`created_at <= ${atMs(which.beforeMs)} and id is distinct from ${which.exceptId}::uuid
          and (parent_id is null or parent_id is distinct from ${which.exceptId}::uuid)`
  return sql`with changed as (
      update sessions set ended_at = ${atMs(audit.atMs)}, end_reason = ${reason}
      where user_id = ${userId}::uuid and ended_at is null and ${chosen} returning id, user_id, client_id),
    noticed as (${insertLogoutNotices(sql`changed`)}),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select id, exists (select 1 from noticed) as is_noticed from changed
    union select id, exists (select 1 from logout_notices n where n.session_id = sessions.id)
    from sessions where user_id = ${userId}::uuid and ended_at = ${atMs(audit.atMs)}
      and end_reason = ${reason} and ${chosen}`
}

/** The secrets of a rotation; `presentedHash` is what stays valid until the new one is seen in use. */
export interface Rotation {
  readonly expectedHash: string
  readonly presentedHash: string
  readonly newHash: string
}

/** Replaces the secret of a session if it is still the expected one. Returns one row if it happened. */
export function rotateSecret(
  id: string,
  { expectedHash, presentedHash, newHash }: Rotation,
  audit: AuditRow,
): Statement {
  return sql`with changed as (
      update sessions set secret_hash = ${newHash}, previous_secret_hash = ${presentedHash}, rotated_at = now()
      where id = ${id}::uuid and secret_hash = ${expectedHash} and ended_at is null returning id),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select id from changed`
}

/** Forgets the secret before the last rotation: its successor has been seen in use. */
export function retirePreviousSecret(id: string): Statement {
  return sql`update sessions set previous_secret_hash = null where id = ${id}::uuid and previous_secret_hash is not null`
}

export interface Sighting {
  readonly sessionId: string
  readonly atMs: number
  readonly ip: string | null
}

/** When and from where sessions were last seen; an older sighting never overwrites a newer one. */
export function recordSightings(sightings: readonly Sighting[]): Statement {
  const list = sightings.map((sighting) => ({ ...sighting, at: new Date(sighting.atMs).toISOString() }))
  return sql`update sessions s set last_seen_at = (r->>'at')::timestamptz, ip = coalesce((r->>'ip')::inet, s.ip)
    from jsonb_array_elements(${JSON.stringify(list)}::jsonb) r
    where s.id = (r->>'sessionId')::uuid and s.last_seen_at < (r->>'at')::timestamptz`
}

/** One bounded batch of the daily clean-up. Returns a row per deleted session; fewer than `limit` means done. */
export function deleteOldSessions(keepEndedDays: number, limit: number): Statement {
  return sql`delete from sessions where id in (
      select id from sessions where expires_at < now() or ended_at < now() - make_interval(days => ${keepEndedDays}::int)
      limit ${limit}) returning id`
}
