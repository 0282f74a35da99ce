// The access token: who may act, through which program, for what; a JWT as RFC 9068 profiles it, good for 15 minutes.
import { createHash } from 'node:crypto'
import { minuteMs, secondMs } from '../kit/duration.ts'
import type { TokenSigner } from './signing-keys.ts'
import type { JsonObject } from './strict-json.ts'

const accessTokenType = 'at+jwt'
export const accessTokenLifetimeS = (15 * minuteMs) / secondMs

/** The session behind a token. */
export interface TokenSession {
  readonly id: string
  readonly userId: string
  readonly shard: string
  readonly roles: readonly string[]
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  readonly authTimeMs: number
}

export interface TokenClient {
  readonly id: string
  readonly isFirstParty: boolean
}

/** Whoever signs in by the gateway's own API and asks for tokens instead of a cookie. No other client can have the name. */
export const ownClient: TokenClient = { id: 'portcullis', isFirstParty: true }
export const ownScope = 'openid profile email'

export interface AccessGrant {
  readonly session: TokenSession
  readonly client: TokenClient
  readonly scope: string
  /** How often the session was refreshed: each generation has one access token, whoever asks for it how often. */
  readonly generation: number
  /** The key it is bound to (RFC 9449 §6.1); null: whoever has it may use it. */
  readonly jkt: string | null
  readonly issuedAtMs: number
}

/** What is read back out of an access token of our own. */
export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
  readonly shard: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Not null: good only with a proof of that key, and never as a bearer token. */
  readonly jkt: string | null
  /** As it stands in the token, for introspection. */
  readonly all: JsonObject
}

export function signAccessToken(signer: TokenSigner, grant: AccessGrant): Promise<string> {
  const { session, client, scope, generation, jkt, issuedAtMs } = grant
  const issuedAt = Math.floor(issuedAtMs / secondMs)
  return signer.sign(accessTokenType, {
    ...audienceOf(signer.issuer, grant),
    sub: session.userId,
    client_id: client.id,
    scope,
    sid: session.id,
    // Which object knows whether the session lives; means nothing to anybody else.
    shard: session.shard,
    amr: [...session.amr],
    acr: `aal${session.aal}`,
    auth_time: Math.floor(session.authTimeMs / secondMs),
    iat: issuedAt,
    exp: issuedAt + accessTokenLifetimeS,
    ...(jkt === null ? {} : { cnf: { jkt } }),
    jti: createHash('sha256').update(`${session.id}.${generation}`).digest('base64url').slice(0, 22),
  })
}

/** What may be done with tokens of others' programs: ask about the person at the gateway. Only the site's own open the site. */
function audienceOf(issuer: string, { client, session }: AccessGrant): { aud: string; roles?: string[] } {
  return client.isFirstParty ? { aud: issuer, roles: [...session.roles] } : { aud: userinfoAudience(issuer) }
}

/** Whom the tokens of others' programs are meant for. */
export function userinfoAudience(issuer: string): string {
  return `${issuer}/userinfo`
}

/** Of a token that was verified; null where a claim is missing that every access token has. */
export function accessClaims(all: JsonObject, jkt: string | null): AccessClaims | null {
  const { sub, sid, shard, client_id: clientId, scope } = all
  const texts = [sub, sid, shard, clientId, scope]
  if (!texts.every((value) => typeof value === 'string')) return null
  return {
    userId: String(sub),
    sessionId: String(sid),
    shard: String(shard),
    clientId: String(clientId),
    scopes: String(scope).split(' '),
    jkt,
    all,
  }
}
