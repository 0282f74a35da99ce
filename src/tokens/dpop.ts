// Proof that whoever shows a token holds the key it was issued to (DPoP, RFC 9449 §4.3): a JWT for this one request.
import { createHash, createHmac } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { minuteMs, secondMs } from '../kit/duration.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { isSameHash } from '../sessions/token.ts'
import { parseCompactJws } from './compact-jws.ts'
import { loneKey } from './key-set.ts'
import type { JsonObject } from './strict-json.ts'
import type { Algorithm } from './trusted-issuer.ts'
import { isSignedBy } from './verify-token.ts'

export const proofAlgorithms: readonly Algorithm[] = ['ES256', 'EdDSA', 'PS256', 'RS256']

const skewMs = minuteMs
const nonceWindowMs = minuteMs
/** A nonce is good in its window and the two after it. */
const nonceWindows = 3
const longest = 8 * 1024
const longestId = 256

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
  readonly nonces: Pick<DpopNonces, 'isGood'>
  readonly nowMs: number
}

/** The key by its thumbprint, and an id that must not have been seen before. */
export interface Proof {
  readonly jkt: string
  readonly jti: string
}

export type ProofProblem = 'nonce' | 'malformed' | 'claims'

/**
 * Read as strictly as a token. The key is whatever the proof brings along, so a signature says only that somebody holds
 * it; whether that is the right one, the thumbprint in the token says.
 */
export async function verifyProof(text: string, context: ProofContext): Promise<Result<Proof, ProofProblem>> {
  const parsed = text.length > longest ? null : parseCompactJws(text)
  if (parsed?.ok !== true) return fail('malformed')
  const jws = parsed.value
  const algorithm = proofAlgorithms.find((name) => name === jws.algorithm)
  const key = algorithm === undefined ? null : loneKey(jws.embeddedKey, algorithm)
  if (algorithm === undefined || key === null || jws.type !== 'dpop+jwt') return fail('malformed')
  const { jti, nonce } = jws.claims
  if (typeof jti !== 'string' || jti === '' || jti.length > longestId) return fail('claims')
  if (!isForThis(jws.claims, context)) return fail('claims')
  // Last but one, as it costs most; before the nonce, which is told only to whoever holds a key.
  if (!(await isSignedBy(jws, key, algorithm))) return fail('malformed')
  if (typeof nonce !== 'string' || !context.nonces.isGood(nonce)) return fail('nonce')
  return succeed({ jkt: await calculateJwkThumbprint({ ...key.jwk }, 'sha256'), jti })
}

function isForThis(claims: JsonObject, { method, url, accessToken, nowMs }: ProofContext): boolean {
  const { htm, htu, ath } = claims
  if (htm !== method || typeof htu !== 'string' || withoutQuery(htu) !== url) return false
  if (!isOfNow(claims, nowMs)) return false
  if (accessToken === null) return true
  return typeof ath === 'string' && isSameHash(ath, createHash('sha256').update(accessToken).digest('base64url'))
}

/** `exp` and `nbf` are nothing a proof needs, and hold where it has them (RFC 7519 §4.1). */
function isOfNow({ iat, exp, nbf }: JsonObject, nowMs: number): boolean {
  if (typeof iat !== 'number' || Math.abs(nowMs - iat * secondMs) > skewMs) return false
  if (exp !== undefined && !(typeof exp === 'number' && exp * secondMs > nowMs - skewMs)) return false
  return nbf === undefined || (typeof nbf === 'number' && nbf * secondMs < nowMs + skewMs)
}

/** Compared after what every URL parser does (RFC 9449 §4.3): case of scheme and host, the default port, dot segments. */
function withoutQuery(text: string): string | null {
  if (!URL.canParse(text)) return null
  const { origin, pathname, username, password } = new URL(text)
  return username === '' && password === '' ? origin + pathname : null
}
