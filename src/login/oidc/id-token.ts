// What an ID token has to say beyond what every token of a trusted issuer does: that it answers this attempt, is for nobody
// else, and belongs to what came with it (OpenID Connect Core §3.1.3.7, §3.1.3.8). Pure; the signature is verified before.
import { createHash } from 'node:crypto'
import { secondMs } from '../../kit/duration.ts'
import { isSameHash } from '../../sessions/token.ts'
import type { JsonObject } from '../../tokens/strict-json.ts'
import type { Algorithm, TrustedIssuer } from '../../tokens/trusted-issuer.ts'
import type { AttemptFacts } from './provider.ts'

export type IdTokenFault =
  | 'wrong nonce'
  | 'for others as well'
  | 'wrong authorized party'
  | 'no time of issue'
  | 'older than the attempt'
  | 'not a fresh sign-in'
  | 'wrong at_hash'
  | 'wrong c_hash'

/** What came with the token. */
export interface CameWith {
  readonly accessToken: string
  readonly code: string
}

export function faultInIdToken(
  claims: JsonObject,
  rules: TrustedIssuer,
  { nonce, startedAtMs, isFresh }: AttemptFacts,
  { accessToken, code }: CameWith,
): IdTokenFault | null {
  const [clientId = ''] = rules.audiences
  if (typeof claims['nonce'] !== 'string' || !isSameHash(claims['nonce'], nonce)) return 'wrong nonce'
  // Nobody else is trusted with a token that signs in here (§3.1.3.7 point 3), so `azp` can only name us.
  if (claims['aud'] !== clientId && !isListOf(claims['aud'], clientId)) return 'for others as well'
  if (claims['azp'] !== undefined && claims['azp'] !== clientId) return 'wrong authorized party'
  const earliestMs = startedAtMs - rules.leewayMs
  const issuedAt = claims['iat']
  if (typeof issuedAt !== 'number') return 'no time of issue'
  // Whole seconds there, milliseconds here.
  if ((issuedAt + 1) * secondMs <= earliestMs) return 'older than the attempt'
  const provenAt = claims['auth_time']
  if (isFresh && typeof provenAt === 'number' && (provenAt + 1) * secondMs <= earliestMs) return 'not a fresh sign-in'
  const algorithm = rules.algorithms[0] ?? 'RS256'
  if (!isHalfHash(claims['at_hash'], accessToken, algorithm)) return 'wrong at_hash'
  return isHalfHash(claims['c_hash'], code, algorithm) ? null : 'wrong c_hash'
}

function isListOf(audience: unknown, clientId: string): boolean {
  return Array.isArray(audience) && audience.length === 1 && audience[0] === clientId
}

/** The left half of the hash that the algorithm signs over. May be left out in the code flow, but not be wrong. */
function isHalfHash(stated: unknown, value: string, algorithm: Algorithm): boolean {
  if (stated === undefined) return true
  const digest = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256')
    .update(value)
    .digest()
  const half = digest.subarray(0, digest.length / 2).toString('base64url')
  return typeof stated === 'string' && isSameHash(stated, half)
}
