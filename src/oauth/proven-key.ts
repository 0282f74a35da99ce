// The proof of a key, as the token endpoint answers what is wrong with it (RFC 9449 §5, §8).
import { unavailable } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { dpopError, proveKey } from '../tokens/proven-key.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'

/** The thumbprint of the key that the client says it holds; null when it says nothing. */
export async function provenKey(exchange: Exchange): Promise<Result<string | null, OAuthRefusal>> {
  const key = await proveKey(exchange, { accessToken: null, jkt: null })
  if (key.ok) return key
  const { problem } = key
  if (problem === 'no proof') return succeed(null)
  if (problem === 'unknown') throw unavailable('proofs cannot be counted')
  const headers = { 'dpop-nonce': exchange.deps.dpopNonces.current() }
  return fail(refuse(dpopError(problem), problem, headers))
}
