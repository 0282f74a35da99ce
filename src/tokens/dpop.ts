// Proof that whoever shows a token holds the key it was issued to (DPoP, RFC 9449 §4.3): a JWT for this one request.
import { createHash, createHmac } from 'node:crypto'
import { EmbeddedJWK, type JWTPayload, calculateJwkThumbprint, jwtVerify } from 'jose'
import { minuteMs, secondMs } from '../kit/duration.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { isSameHash } from '../sessions/token.ts'

export const proofAlgorithms = ['ES256', 'EdDSA', 'PS256', 'RS256']

const skewMs = minuteMs
const nonceWindowMs = minuteMs
/** A nonce is good in its window and the two after it. */
const nonceWindows = 3
const longest = 8 * 1024

/** How long a proof must be remembered: for as long as its nonce could be good. */
export const proofRememberedMs = (nonceWindows + 1) * nonceWindowMs

export interface DpopNonces {
  current(): string
  isGood(nonce: string): boolean
}

/** Made of the time and a key, so that every isolate knows them and none remembers any. */
export function createDpopNonces(key: Uint8Array, now: () => number): DpopNonces {
  const at = (window: number): string =>
    createHmac('sha256', key).update(String(window)).digest('base64url').slice(0, 22)
  const window = (): number => Math.floor(now() / nonceWindowMs)
  return {
    current: () => at(window()),
    isGood: (nonce) =>
      Array.from({ length: nonceWindows }, (_, age) => at(window() - age)).some((good) => isSameHash(nonce, good)),
  }
}

export interface ProofContext {
  readonly method: string
  /** Without query and fragment. */
  readonly url: string
  /** Shown along with the proof; null where none is yet. */
  readonly accessToken: string | null
  readonly nonces: DpopNonces
  readonly nowMs: number
}

/** The key by its thumbprint, and an id that must not have been seen before. */
export interface Proof {
  readonly jkt: string
  readonly jti: string
}

export type ProofProblem = 'nonce' | 'malformed' | 'claims'

export async function verifyProof(text: string, context: ProofContext): Promise<Result<Proof, ProofProblem>> {
  if (text.length > longest) return fail('malformed')
  const verified = await jwtVerify(text, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: proofAlgorithms }).catch(
    () => null,
  )
  const jwk = verified?.protectedHeader.jwk
  if (verified === null || jwk === undefined) return fail('malformed')
  const { jti, nonce } = verified.payload
  if (typeof jti !== 'string' || jti.length > 256 || !isForThis(verified.payload, context)) return fail('claims')
  if (typeof nonce !== 'string' || !context.nonces.isGood(nonce)) return fail('nonce')
  return succeed({ jkt: await calculateJwkThumbprint(jwk, 'sha256'), jti })
}

function isForThis({ htm, htu, iat, ath }: JWTPayload, context: ProofContext): boolean {
  if (htm !== context.method || typeof htu !== 'string' || withoutQuery(htu) !== context.url) return false
  if (typeof iat !== 'number' || Math.abs(context.nowMs - iat * secondMs) > skewMs) return false
  if (context.accessToken === null) return true
  return (
    typeof ath === 'string' && isSameHash(ath, createHash('sha256').update(context.accessToken).digest('base64url'))
  )
}

function withoutQuery(text: string): string | null {
  if (!URL.canParse(text)) return null
  const { origin, pathname } = new URL(text)
  return origin + pathname
}
