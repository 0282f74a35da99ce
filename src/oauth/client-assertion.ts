// A client proves itself by a JWT it signed for this server, once (RFC 7523 §3, OpenID Connect Core §9 `private_key_jwt`).
// Read as strictly as a token that opens the site: whoever is believed here gets tokens.
import { type OAuthClient, reserveAssertion } from '../db/queries/oauth-clients.ts'
import type { Exchange } from '../exchange.ts'
import { minuteMs, secondMs } from '../kit/duration.ts'
import { hashSecret } from '../sessions/token.ts'
import { assertionAlgorithms, readClientKeys } from '../tokens/client-keys.ts'
import { type CompactJws, type MalformedReason, parseCompactJws } from '../tokens/compact-jws.ts'
import { type KeySetFault, findKey } from '../tokens/key-set.ts'
import type { JsonObject } from '../tokens/strict-json.ts'
import { type ClaimFault, type ClaimRules, expiryMs, faultInClaims, mediaType } from '../tokens/validate-claims.ts'
import { isSignedBy } from '../tokens/verify-token.ts'
import { endpointPaths } from './endpoint.ts'

/** One of a fixed list, so that it can be logged. */
export type AssertionFault =
  | MalformedReason
  | ClaimFault
  | KeySetFault
  | 'wrong issuer or subject'
  | 'no id'
  | 'wrong algorithm'
  | 'unknown key'
  | 'wrong signature'
  | 'used before'

const leewayMs = 30 * secondMs
/** A client that signs for longer makes a password of it. */
const maxLifetimeMs = 10 * minuteMs
const longest = 8 * 1024
const longestId = 256

/** What says nothing of its type, or the right thing: the same key may sign other things (RFC 8725 §3.11). */
const types: ReadonlySet<string | null> = new Set([null, 'jwt', 'client-authentication+jwt'])

/** Whose keys to verify with; not believed before that. */
export function assertionIssuer(assertion: string): string | null {
  const parsed = parseAssertion(assertion)
  if (!parsed.ok) return null
  const { iss } = parsed.value.claims
  return typeof iss === 'string' ? iss : null
}

/** Null: it is the client's, for here, and shown for the first time. What is refused is not spent by that. */
export async function faultInAssertion(
  exchange: Exchange,
  client: OAuthClient,
  assertion: string,
): Promise<AssertionFault | null> {
  const parsed = parseAssertion(assertion)
  if (!parsed.ok) return parsed.problem
  const jws = parsed.value
  const rules = rulesFor(exchange)
  const fault = faultInAssertionClaims(jws, client, rules, exchange.deps.now())
  if (fault !== null) return fault
  const unsigned = await faultInSignature(jws, client)
  if (unsigned !== null) return unsigned
  const reservation = reserveAssertion(
    client.id,
    hashSecret(String(jws.claims['jti'])),
    expiryMs(jws.claims) + rules.leewayMs,
  )
  const reserved = await exchange.database.write(reservation)
  return reserved.length === 1 ? null : 'used before'
}

function parseAssertion(assertion: string): ReturnType<typeof parseCompactJws> {
  return assertion.length > longest ? { ok: false, problem: 'too long' } : parseCompactJws(assertion)
}

function rulesFor({ deps }: Exchange): ClaimRules {
  const { basePath } = deps.settings.config
  const { origin } = deps.publicUrl
  return {
    tokenType: { header: null, claims: {} },
    audiences: [origin, ...Object.values(endpointPaths).map((path) => origin + basePath + path)],
    audienceClaim: 'aud',
    leewayMs,
    maxLifetimeMs,
  }
}

function faultInAssertionClaims(
  { claims, type }: CompactJws,
  client: OAuthClient,
  rules: ClaimRules,
  nowMs: number,
): AssertionFault | null {
  if (!types.has(mediaType(type))) return 'wrong type'
  const { iss, sub, jti } = claims
  if (iss !== client.id || sub !== client.id) return 'wrong issuer or subject'
  if (typeof jti !== 'string' || jti === '' || jti.length > longestId) return 'no id'
  return faultInClaims(claims, type, rules, nowMs) ?? (isForUsAlone(claims, rules) ? null : 'wrong audience')
}

/** One that names another server as well could be shown here by that one, before its owner does. */
function isForUsAlone({ aud }: JsonObject, { audiences }: ClaimRules): boolean {
  return [aud].flat().every((one) => typeof one === 'string' && audiences.includes(one))
}

async function faultInSignature(jws: CompactJws, { jwks }: OAuthClient): Promise<AssertionFault | null> {
  const algorithm = assertionAlgorithms.find((name) => name === jws.algorithm)
  if (algorithm === undefined) return 'wrong algorithm'
  const keys = readClientKeys(jwks)
  if (!keys.ok) return keys.problem
  const key = findKey(keys.value, jws.keyId, algorithm)
  if (key === null) return 'unknown key'
  return (await isSignedBy(jws, key, algorithm)) ? null : 'wrong signature'
}
