// Turns what an issuer published into keys that may verify something, or refuses all of it. Pure; fetching is elsewhere.
import { fromBase64Url } from '../kit/base64url.ts'
import { mostAnswerBytes } from '../kit/bounded-answer.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { algorithms } from './algorithms.ts'
import { weaknessOf } from './rsa-quality.ts'
import { type JsonObject, isObject, parseStrictObject } from './strict-json.ts'
import type { Algorithm } from './trusted-issuer.ts'

const mostKeys = 20

/** A key under one algorithm: with RS256 and PS256 in a row, an RSA key without `alg` is two. */
export interface VerificationKey {
  readonly keyId: string | null
  readonly algorithm: Algorithm
  readonly jwk: JsonWebKey
}

export type KeySet = readonly VerificationKey[]

export type KeySetFault =
  | 'too large'
  | 'no strict JSON object'
  | 'no list of keys'
  | 'too many keys'
  | 'a key is no object'
  | 'a secret key'
  | 'a weak key'
  | 'a malformed key'
  | 'no usable key'

/**
 * One bad key condemns the set: an issuer that publishes a symmetric key, a private one or one that anybody can sign
 * with has lost control of its key set, and the set before is the better guess. Keys for other purposes and algorithms
 * are merely not for us, as issuers publish theirs side by side.
 */
export function parseKeySet(bytes: Uint8Array, accepted: readonly Algorithm[]): Result<KeySet, KeySetFault> {
  if (bytes.length > mostAnswerBytes) return fail('too large')
  const document = parseStrictObject(bytes)
  if (document === null) return fail('no strict JSON object')
  const listed = document['keys']
  if (!Array.isArray(listed)) return fail('no list of keys')
  if (listed.length > mostKeys) return fail('too many keys')
  const keys: VerificationKey[] = []
  for (const jwk of listed as readonly unknown[]) {
    if (!isObject(jwk)) return fail('a key is no object')
    const read = readKey(jwk, accepted)
    if (!read.ok) return read
    keys.push(...read.value)
  }
  return keys.length === 0 ? fail('no usable key') : succeed(keys)
}

/** The one key a token can mean; without a `kid` it is the only one of its algorithm, never a choice among several. */
export function findKey(keys: KeySet, keyId: string | null, algorithm: Algorithm): VerificationKey | null {
  const fitting = keys.filter((key) => key.algorithm === algorithm && (keyId === null || key.keyId === keyId))
  return fitting.length === 1 ? (fitting[0] ?? null) : null
}

/** A key on its own, which may verify by that algorithm; null for every other one. */
export function loneKey(jwk: unknown, algorithm: Algorithm): VerificationKey | null {
  const read = isObject(jwk) ? readKey(jwk, [algorithm]) : null
  return read?.ok === true ? (read.value[0] ?? null) : null
}

function readKey(jwk: JsonObject, accepted: readonly Algorithm[]): Result<readonly VerificationKey[], KeySetFault> {
  const { kty, kid, crv, alg } = jwk
  if (kty === 'oct' || 'd' in jwk || 'k' in jwk) return fail('a secret key')
  if (typeof kty !== 'string' || (kid !== undefined && typeof kid !== 'string')) return fail('a malformed key')
  if (!isForSignatures(jwk)) return succeed([])
  if (kty === 'RSA') {
    const fault = rsaFault(jwk)
    if (fault !== null) return fail(fault)
  }
  const found: VerificationKey[] = []
  for (const algorithm of accepted) {
    const row = algorithms[algorithm]
    if (row.kty !== kty || (row.crv !== null && row.crv !== crv)) continue
    if (alg !== undefined && alg !== algorithm) continue
    const members = row.members.map((name) => [name, jwk[name]] as const)
    if (!members.every(([, value]) => isMember(value, row.memberBytes))) return fail('a malformed key')
    const publicHalf = { kty, ...(row.crv === null ? {} : { crv: row.crv }), ...Object.fromEntries(members) }
    found.push({ keyId: kid ?? null, algorithm, jwk: publicHalf })
  }
  return succeed(found)
}

/** `use` and `key_ops` are optional; what they say must allow verifying (RFC 7517 §4.2, §4.3). */
function isForSignatures({ use, key_ops: operations }: JsonObject): boolean {
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

function rsaFault({ n, e }: JsonObject): 'a malformed key' | 'a weak key' | null {
  const modulus = typeof n === 'string' ? fromBase64Url(n) : null
  const exponent = typeof e === 'string' ? fromBase64Url(e) : null
  if (modulus === null || exponent === null) return 'a malformed key'
  return weaknessOf(modulus, exponent) === null ? null : 'a weak key'
}

function isMember(value: unknown, bytes: number | null): boolean {
  const decoded = typeof value === 'string' ? fromBase64Url(value) : null
  return decoded !== null && (bytes === null || decoded.length === bytes)
}
