// Takes a compact JWS apart, and refuses every spelling of it but one. Says nothing about who signed it and for whom.
import { fromBase64Url } from '../kit/base64url.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { type JsonObject, parseStrictObject } from './strict-json.ts'

const longestToken = 16 * 1024
const longestHeaderBytes = 4 * 1024
const longestKeyId = 256

export interface CompactJws {
  readonly algorithm: string
  /** The header's `typ`, as written. */
  readonly type: string | null
  readonly keyId: string | null
  /** The key the header brings along: what a proof is about, and nothing a token is measured by. */
  readonly embeddedKey: unknown
  readonly claims: JsonObject
  /** What the signature is about. */
  readonly signed: string
  readonly signature: Uint8Array<ArrayBuffer>
}

/** One of a fixed list, so that it can be logged: no part of a token is in it. */
export type MalformedReason =
  | 'too long'
  | 'not three parts'
  | 'not canonical base64url'
  | 'header too long'
  | 'header is no strict JSON object'
  | 'claims are no strict JSON object'
  | 'header member of another type'
  | 'critical header'
  | 'no signature'

/**
 * `jku`, `x5u` and `x5c` are passed over, and `jwk` in tokens: their keys come from the configured issuer alone (RFC 8725
 * §3.10). `crit`
 * names extensions of which none is understood here, and one of them, `b64`, changes what is signed (RFC 7797 §7).
 */
export function parseCompactJws(token: string): Result<CompactJws, MalformedReason> {
  if (token.length > longestToken) return fail('too long')
  // By position and not by `split`: a token of nothing but dots would become thousands of parts first (CVE-2025-30204).
  const first = token.indexOf('.')
  const second = first === -1 ? -1 : token.indexOf('.', first + 1)
  if (second === -1 || token.includes('.', second + 1)) return fail('not three parts')
  const headerBytes = fromBase64Url(token.slice(0, first))
  const claimBytes = fromBase64Url(token.slice(first + 1, second))
  const signature = fromBase64Url(token.slice(second + 1))
  if (headerBytes === null || claimBytes === null || signature === null) return fail('not canonical base64url')
  if (headerBytes.length > longestHeaderBytes) return fail('header too long')
  const header = parseStrictObject(headerBytes)
  if (header === null) return fail('header is no strict JSON object')
  if ('crit' in header || 'b64' in header) return fail('critical header')
  const { alg, typ, kid, jwk } = header
  if (typeof alg !== 'string' || !isOptionalText(typ) || !isOptionalText(kid))
    return fail('header member of another type')
  if (kid !== undefined && kid.length > longestKeyId) return fail('header member of another type')
  if (signature.length === 0) return fail('no signature')
  const claims = parseStrictObject(claimBytes)
  if (claims === null) return fail('claims are no strict JSON object')
  return succeed({
    algorithm: alg,
    type: typ ?? null,
    keyId: kid ?? null,
    embeddedKey: jwk,
    claims,
    signed: token.slice(0, second),
    signature,
  })
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
