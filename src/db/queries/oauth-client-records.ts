// Registering programs, changing and removing them: what the command line and the administrators' API do. Each change, its
// guard, the sessions it ends and its audit row are one statement.
import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, number, text, textArray } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { insertLogoutNotices } from './logout-notices.ts'
import { type OAuthClient, oauthClient } from './oauth-clients.ts'

export interface ClientRecord extends OAuthClient {
  readonly createdAtMs: number
  /** How many sessions of it are live. */
  readonly sessions: number
  /** Another after every change. */
  readonly version: string
}

const columns = sql`c.id, c.name, c.is_first_party, c.auth_method, c.secret_hash, c.jwks, c.redirect_uris,
  c.post_logout_redirect_uris, c.backchannel_logout_uri, c.grant_types, c.scopes, ${asMs(sql`c.created_at`)} as created_at_ms,
  md5(c::text) as version, (select count(*)::integer from sessions s
    where s.client_id = c.id and s.ended_at is null and s.expires_at > now()) as sessions`

export function clientRecord(row: Row): ClientRecord {
  return {
    ...oauthClient(row),
    createdAtMs: number(row, 'created_at_ms'),
    sessions: number(row, 'sessions'),
    version: text(row, 'version'),
  }
}

/** By id, from the one after `after`. */
export function listClientRecords(limit: number, after: string | null): Statement {
  return sql`select ${columns} from oauth_clients c where ${after}::text is null or c.id > ${after} order by c.id limit ${limit}`
}

export function findClientRecord(id: string): Statement {
  return sql`select ${columns} from oauth_clients c where c.id = ${id}`
}

/** Returns a row unless the id is taken. */
export function addClientRecord(client: OAuthClient, audit: AuditRow): Statement {
  return sql`with changed as (
      insert into oauth_clients (id, name, is_first_party, auth_method, secret_hash, jwks, redirect_uris,
        post_logout_redirect_uris, backchannel_logout_uri, grant_types, scopes)
      values (${client.id}, ${client.name}, ${client.isFirstParty}, ${client.authMethod}, ${client.secretHash}, ${jwksOf(client)},
        ${textArray(client.redirectUris)}, ${textArray(client.postLogoutRedirectUris)}, ${client.backchannelLogoutUri},
        ${textArray(client.grantTypes)}, ${textArray(client.scopes)})
      on conflict (id) do nothing returning id),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select id from changed`
}

/**
 * Puts another registration in the place of the one that was read, unless somebody changed it meanwhile. Where the client
 * may do less than before, its sessions end, as their tokens say what it could.
 */
export function changeClientRecord(client: OAuthClient, expectedVersion: string, audit: AuditRow): Statement {
  return sql`with before as (select id, is_first_party, grant_types, scopes from oauth_clients where id = ${client.id}),
    changed as (
      update oauth_clients c set name = ${client.name}, is_first_party = ${client.isFirstParty}, auth_method = ${client.authMethod},
        secret_hash = ${client.secretHash}, jwks = ${jwksOf(client)}, redirect_uris = ${textArray(client.redirectUris)},
        post_logout_redirect_uris = ${textArray(client.postLogoutRedirectUris)}, backchannel_logout_uri = ${client.backchannelLogoutUri},
        grant_types = ${textArray(client.grantTypes)}, scopes = ${textArray(client.scopes)}
      where c.id = ${client.id} and md5(c::text) = ${expectedVersion} returning c.id, c.is_first_party, c.grant_types, c.scopes),
    narrowed as (
      select changed.id from changed join before on before.id = changed.id
      where (before.is_first_party and not changed.is_first_party)
        or not before.scopes <@ changed.scopes or not before.grant_types <@ changed.grant_types),
    ended as (${endSessionsOf(sql`narrowed`, 'client changed')}),
    noticed as (${insertLogoutNotices(sql`ended`)}),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select changed.id, ${endedList} from changed`
}

/** Another secret, for a client that has one; the one before is good for nothing from now on. */
export function replaceClientSecret(id: string, secretHash: string, audit: AuditRow): Statement {
  return sql`with changed as (
      update oauth_clients set secret_hash = ${secretHash} where id = ${id} and auth_method = 'client_secret_basic' returning id),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select id from changed`
}

/** Its sessions end with it. */
export function removeClientRecord(id: string, audit: AuditRow): Statement {
  return sql`with removed as (delete from oauth_clients where id = ${id} returning id),
    ended as (${endSessionsOf(sql`removed`, 'client removed')}),
    logged as (${insertAuditWhen(sql`removed`, audit)})
    select removed.id, ${endedList} from removed`
}

/** A session that a change of its client ended, and the shard whose object has to hear of it. */
export interface EndedByClient {
  readonly sessionId: string
  readonly userId: string
  readonly shard: string
}

export function endedByClient(row: Row): readonly EndedByClient[] {
  // Made by `endedList`.
  return row['ended'] as readonly EndedByClient[]
}

function endSessionsOf(clients: SQL, reason: string): SQL {
  return sql`update sessions set ended_at = now(), end_reason = ${reason}
    where client_id in (select id from ${clients}) and ended_at is null returning id, user_id, client_id`
}

const endedList = sql`(select coalesce(json_agg(json_build_object('sessionId', e.id, 'userId', e.user_id, 'shard', u.shard)), '[]')
  from ended e join users u on u.id = e.user_id) as ended`

function jwksOf({ jwks }: OAuthClient): SQL {
  return sql`${jwks === null ? null : JSON.stringify(jwks)}::jsonb`
}
