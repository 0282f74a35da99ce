// The programs that may ask for tokens.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { atMs, flag, text, textOrNull, texts } from '../values.ts'

export type ClientAuthMethod = 'client_secret_basic' | 'private_key_jwt' | 'none'

export interface OAuthClient {
  readonly id: string
  readonly name: string
  /** The site's own: no consent is asked for, and its tokens open the site. */
  readonly isFirstParty: boolean
  readonly authMethod: ClientAuthMethod
  readonly secretHash: string | null
  /** Public keys, as the one who registered gave them. */
  readonly jwks: unknown
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly backchannelLogoutUri: string | null
  readonly grantTypes: readonly string[]
  readonly scopes: readonly string[]
}

export function findOAuthClient(id: string): Statement {
  return sql`select id, name, is_first_party, auth_method, secret_hash, jwks, redirect_uris, post_logout_redirect_uris,
      backchannel_logout_uri, grant_types, scopes
    from oauth_clients where id = ${id}`
}

export function oauthClient(row: Row): OAuthClient {
  const method = text(row, 'auth_method')
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    isFirstParty: flag(row, 'is_first_party'),
    // What the table cannot hold is nobody's way in.
    authMethod: method === 'client_secret_basic' || method === 'none' ? method : 'private_key_jwt',
    secretHash: textOrNull(row, 'secret_hash'),
    jwks: row['jwks'],
    redirectUris: texts(row, 'redirect_uris'),
    postLogoutRedirectUris: texts(row, 'post_logout_redirect_uris'),
    backchannelLogoutUri: textOrNull(row, 'backchannel_logout_uri'),
    grantTypes: texts(row, 'grant_types'),
    scopes: texts(row, 'scopes'),
  }
}

/** Returns a row for whoever presents the id first. */
export function reserveAssertion(clientId: string, jtiHash: string, expiresAtMs: number): Statement {
  return sql`insert into oauth_assertions (client_id, jti_hash, expires_at)
    values (${clientId}, ${jtiHash}, ${atMs(expiresAtMs)}) on conflict do nothing returning jti_hash`
}
