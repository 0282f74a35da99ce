// Authorization codes: made for a browser session, spent once for a session of the application's own.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, atMs, flag, number, text, textArray, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'

export interface NewCode {
  readonly codeHash: string
  readonly clientId: string
  /** The browser session it is for. */
  readonly sessionId: string
  readonly redirectUri: string
  readonly scope: string
  readonly nonce: string | null
  readonly codeChallenge: string
  readonly expiresAtMs: number
}

/** Returns one row if the session still lives. */
export function insertCode(code: NewCode, audit: AuditRow): Statement {
  return sql`with changed as (
      insert into oauth_codes (code_hash, client_id, session_id, redirect_uri, scope, nonce, code_challenge, expires_at)
      select ${code.codeHash}, ${code.clientId}, s.id, ${code.redirectUri}, ${code.scope}, ${code.nonce},
        ${code.codeChallenge}, ${atMs(code.expiresAtMs)}
      from sessions s where s.id = ${code.sessionId}::uuid and s.ended_at is null and s.expires_at > now()
      returning session_id),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select session_id from changed`
}

/** What must fit, all of it, for a code to be spent: somebody else's code stays unspent. */
export interface CodeKey {
  /** By which of them a code is known is up to the code. */
  readonly codeHashes: readonly string[]
  readonly clientId: string
  readonly redirectUri: string
  readonly codeChallenge: string
}

export interface ApplicationSession {
  readonly id: string
  readonly secretHash: string
  readonly seed: string
  readonly jkt: string | null
  readonly userAgent: string
}

/**
 * Spends a code and opens the application's session in one statement: of any number of racers one gets a row. The new
 * session is as old and as strong as the sign-in of the browser, and ends with it.
 */
export function redeemCode(key: CodeKey, session: ApplicationSession, audit: AuditRow): Statement {
  return sql`with spent as (
      update oauth_codes c set consumed_at = now(), issued_session_id = ${session.id}::uuid
      from sessions p, users u
      where c.code_hash in (select unnest(${textArray(key.codeHashes)})) and c.client_id = ${key.clientId} and c.redirect_uri = ${key.redirectUri}
        and c.code_challenge = ${key.codeChallenge} and c.consumed_at is null and c.expires_at > now()
        and p.id = c.session_id and p.ended_at is null and p.expires_at > now()
        and u.id = p.user_id and u.status = 'active' and u.deleted_at is null
      returning c.client_id, c.scope, c.nonce, p.id as parent_id, p.user_id, p.amr, p.aal, p.auth_time, p.expires_at,
        p.ip, u.shard, u.email, u.email_verified_at is not null as email_verified, u.name, u.roles),
    opened as (
      insert into sessions (id, parent_id, user_id, secret_hash, amr, aal, auth_time, expires_at, ip, user_agent,
        client_id, scope, refresh_seed, dpop_jkt, refresh_generation, refreshed_at)
      select ${session.id}::uuid, parent_id, user_id, ${session.secretHash}, amr, aal, auth_time, expires_at, ip,
        ${session.userAgent}, client_id, scope, ${session.seed}, ${session.jkt}, 0, now()
      from spent returning id, user_id),
    logged as (${insertAuditWhen(sql`opened`, audit, { userId: sql`opened.user_id`, sessionId: sql`opened.id` })})
    select spent.*, ${asMs(sql`auth_time`)} as auth_time_ms from spent`
}

export interface Redeemed {
  readonly userId: string
  readonly shard: string
  readonly scope: string
  readonly nonce: string | null
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  readonly authTimeMs: number
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
}

export function redeemed(row: Row): Redeemed {
  return {
    userId: text(row, 'user_id'),
    shard: text(row, 'shard'),
    scope: text(row, 'scope'),
    nonce: textOrNull(row, 'nonce'),
    amr: texts(row, 'amr'),
    aal: number(row, 'aal') === 2 ? 2 : 1,
    authTimeMs: number(row, 'auth_time_ms'),
    email: text(row, 'email'),
    emailVerified: flag(row, 'email_verified'),
    name: textOrNull(row, 'name'),
    roles: texts(row, 'roles'),
  }
}

/** What a code gave that was spent before, to take it back. */
export function findSpentCode(codeHashes: readonly string[], clientId: string): Statement {
  return sql`select c.issued_session_id, s.user_id, u.shard
    from oauth_codes c join sessions s on s.id = c.issued_session_id join users u on u.id = s.user_id
    where c.code_hash in (select unnest(${textArray(codeHashes)})) and c.client_id = ${clientId} and c.consumed_at is not null`
}

/** One bounded batch of the daily clean-up. */
export function deleteOldCodes(limit: number): Statement {
  return sql`delete from oauth_codes where code_hash in (
      select code_hash from oauth_codes where expires_at < now() - interval '1 day' limit ${limit}) returning code_hash`
}

export function deleteOldAssertions(limit: number): Statement {
  return sql`delete from oauth_assertions where (client_id, jti_hash) in (
      select client_id, jti_hash from oauth_assertions where expires_at < now() limit ${limit}) returning jti_hash`
}
