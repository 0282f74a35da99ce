// Is an access token of our own good now? Its signature says who issued it, the user's object whether its session lives.
import type { StoredSession } from '../db/queries/sessions.ts'
import type { UserSessions } from '../sessions/user-sessions.ts'
import { type AccessClaims, verifyAccessToken } from './access-token.ts'
import type { TokenSigner } from './signing-keys.ts'

export type TokenVerdict =
  | { readonly outcome: 'live'; readonly claims: AccessClaims; readonly session: StoredSession }
  | { readonly outcome: 'dead'; readonly reason: string }
  /** Nobody could be asked: neither good nor bad. */
  | { readonly outcome: 'unknown' }

export interface TokenJudges {
  readonly signer: TokenSigner
  readonly userObject: (shard: string) => UserSessions | null
}

export async function judgeAccessToken(
  { signer, userObject }: TokenJudges,
  token: string,
  ip: string | null,
): Promise<TokenVerdict> {
  const claims = await verifyAccessToken(signer, token)
  const object = claims === null ? null : userObject(claims.shard)
  if (claims === null || object === null) return { outcome: 'dead', reason: 'not a token of ours' }
  const answer = await object.look({ sessionId: claims.sessionId, shard: claims.shard, ip })
  if (answer.outcome !== 'live') return answer
  const isSame = answer.session.userId === claims.userId
  return isSame ? { outcome: 'live', claims, session: answer.session } : { outcome: 'dead', reason: 'another user' }
}
