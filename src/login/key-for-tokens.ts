// The key that the tokens of a login will be bound to (RFC 9449 §5): proven before anything of the login is spent, a code
// or a try, as a client learns by a refusal which nonce its proof must carry.
import type { Rejection } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { dpopError, proveKey } from '../tokens/proven-key.ts'

/** A proof where no tokens are asked for is passed over: a cookie cannot be bound. */
export async function proveKeyForTokens(exchange: Exchange): Promise<Rejection | undefined> {
  const { body, deps } = exchange
  if (body.kind !== 'json' || body.fields['mode'] !== 'token') return undefined
  const key = await proveKey(exchange, { accessToken: null, jkt: null })
  if (key.ok || key.problem === 'no proof') return undefined
  if (key.problem === 'unknown') return { ...reject('unavailable', 'proofs cannot be counted'), retryAfterS: 5 }
  const error = dpopError(key.problem)
  const code = error === 'use_dpop_nonce' ? error : 'invalid_dpop_proof'
  return { ...reject(code, `proof: ${key.problem}`), headers: { 'dpop-nonce': deps.dpopNonces.current() } }
}
