// What a program gets when somebody signed in through it or its session is refreshed (RFC 6749 §5.1).
import { type RefreshToken, formatRefreshToken } from '../sessions/refresh-token.ts'
import { type AccessGrant, accessTokenLifetimeS, signAccessToken } from './access-token.ts'
import type { TokenSigner } from './signing-keys.ts'

export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  readonly refresh_token?: string
  readonly scope: string
}

/** `refreshSecret` is null for clients that may not refresh. */
export async function issueTokens(
  signer: TokenSigner,
  grant: AccessGrant,
  refreshSecret: string | null,
): Promise<TokenAnswer> {
  const { session, generation, scope } = grant
  const refresh: Omit<RefreshToken, 'secret'> = { shard: session.shard, sessionId: session.id, generation }
  return {
    access_token: await signAccessToken(signer, grant),
    token_type: grant.jkt === null ? 'Bearer' : 'DPoP',
    expires_in: accessTokenLifetimeS,
    ...(refreshSecret === null ? {} : { refresh_token: formatRefreshToken({ ...refresh, secret: refreshSecret }) }),
    scope,
  }
}
