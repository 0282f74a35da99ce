// What people allowed which client to know.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { textArray, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'

export function findConsent(userId: string, clientId: string): Statement {
  return sql`select scopes from oauth_consents where user_id = ${userId}::uuid and client_id = ${clientId}`
}

export function consentedScopes(row: Row | undefined): readonly string[] {
  return row === undefined ? [] : texts(row, 'scopes')
}

/** Adds to what was allowed before. */
export function giveConsent(
  { userId, clientId, scopes }: { userId: string; clientId: string; scopes: readonly string[] },
  audit: AuditRow,
): Statement {
  return sql`with changed as (
      insert into oauth_consents (user_id, client_id, scopes)
      values (${userId}::uuid, ${clientId}, ${textArray(scopes)})
      on conflict (user_id, client_id) do update set granted_at = now(), scopes = (
        select array_agg(distinct scope) from unnest(oauth_consents.scopes || excluded.scopes) scope)
      returning user_id),
    logged as (${insertAuditWhen(sql`changed`, audit)})
    select user_id from changed`
}
