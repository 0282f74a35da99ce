// The ID token: tells a client who signed in, when and how (OpenID Connect Core §2). For the client alone, never a key.
import { createHash } from 'node:crypto'
import { hourMs, secondMs } from '../kit/duration.ts'
import type { TokenClient, TokenSession } from './access-token.ts'
import type { TokenSigner } from './signing-keys.ts'

const idTokenType = 'JWT'
const lifetimeS = hourMs / secondMs
/** A logout may come long after the sign-in it ends. */
const hintGoodForS = 400 * 24 * 3600

export interface IdTokenFacts {
  readonly session: TokenSession
  readonly client: TokenClient
  readonly nonce: string | null
  readonly accessToken: string
  /** What the scope lets the client know. */
  readonly person: Readonly<Record<string, unknown>>
  readonly issuedAtMs: number
}

export function signIdToken(signer: TokenSigner, facts: IdTokenFacts): Promise<string> {
  const { session, client, nonce, accessToken, person, issuedAtMs } = facts
  const issuedAt = Math.floor(issuedAtMs / secondMs)
  return signer.sign(idTokenType, {
    ...person,
    sub: session.userId,
    aud: client.id,
    sid: session.id,
    amr: [...session.amr],
    acr: `aal${session.aal}`,
    auth_time: Math.floor(session.authTimeMs / secondMs),
    ...(nonce === null ? {} : { nonce }),
    at_hash: leftHalf(accessToken),
    iat: issuedAt,
    exp: issuedAt + lifetimeS,
  })
}

/** §3.1.3.6: the left half of the hash that the signature uses. */
function leftHalf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
}

export interface IdTokenHint {
  readonly userId: string
  readonly sessionId: string
  readonly clientId: string
}

/** Of an ID token that was signed here, also when it has expired. */
export async function readIdTokenHint(signer: TokenSigner, token: string): Promise<IdTokenHint | null> {
  const claims = await signer.verify(idTokenType, token, hintGoodForS)
  if (claims === null) return null
  const { sub, sid, aud } = claims
  const isWhole = typeof sub === 'string' && typeof sid === 'string' && typeof aud === 'string'
  return isWhole ? { userId: sub, sessionId: sid, clientId: aud } : null
}
