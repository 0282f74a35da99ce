// Which key a request proves to hold, if it says that it holds one (RFC 9449 §5, §7). A proof counts once.
import type { Exchange } from '../exchange.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import type { LimitRule } from '../limits/window.ts'
import { proofRememberedMs, verifyProof } from '../tokens/dpop.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'

/** Counting to one is remembering: the limit object does so exactly, for all isolates, across restarts. */
const once = { id: 'dpop-proof', limit: 1, windowMs: proofRememberedMs } as const satisfies LimitRule

/** The thumbprint of the key; null when no proof came. `accessToken` is the one the proof must be about. */
export async function provenKey(
  exchange: Exchange,
  accessToken: string | null,
): Promise<Result<string | null, OAuthRefusal>> {
  const { request, target, deps } = exchange
  const text = request.headers.get('dpop')
  if (text === null) return succeed(null)
  const url = deps.publicUrl.origin + target.path
  const context = { method: request.method, url, accessToken, nonces: deps.dpopNonces, nowMs: deps.now() }
  const proof = await verifyProof(text, context)
  if (!proof.ok) {
    const headers = { 'dpop-nonce': deps.dpopNonces.current() }
    return fail(
      proof.problem === 'nonce'
        ? refuse('use_dpop_nonce', 'nonce', headers)
        : refuse('invalid_dpop_proof', proof.problem),
    )
  }
  const { jkt, jti } = proof.value
  const { isAllowed } = await deps.limiter.hit(`dpop:${jkt}:${jti}`, once)
  return isAllowed ? succeed(jkt) : fail(refuse('invalid_dpop_proof', 'proof seen before'))
}
