// An authorization code for tokens (RFC 6749 §4.1.3, RFC 7636): once, by the client it was made for, with its verifier.
import { createHash } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { auditRow } from '../audit/record.ts'
import { type Redeemed, findSpentCode, redeemCode as redeemStatement, redeemed } from '../db/queries/oauth-codes.ts'
import { text } from '../db/values.ts'
import { unavailable } from '../errors.ts'
import { auditSource } from '../exchange.ts'
import { endByObject } from '../sessions/end-presented.ts'
import { newRefreshSeed, refreshSecret } from '../sessions/refresh-token.ts'
import { hashSecret, newSessionSecret } from '../sessions/token.ts'
import { signIdToken } from '../tokens/id-token.ts'
import { type TokenAnswer, issueTokens } from '../tokens/issue.ts'
import { codeHashesFor } from './code-hash.ts'
import { personClaims } from './person-claims.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'
import type { GrantRequest } from './token.ts'

type CodeAnswer = TokenAnswer & { readonly id_token?: string }

export async function redeemCode(request: GrantRequest): Promise<CodeAnswer | OAuthRefusal> {
  const { exchange, client, parameters, jkt } = request
  const { code, redirect_uri: redirectUri, code_verifier: verifier } = parameters
  if (code === undefined || redirectUri === undefined || verifier === undefined)
    return refuse('invalid_request', 'code, redirect_uri or code_verifier missing')
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return refuse('invalid_grant', 'malformed verifier')
  const codeHashes = codeHashesFor(code, jkt)
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url')
  const session = {
    id: uuidv7(),
    secretHash: hashSecret(newSessionSecret()),
    seed: newRefreshSeed(),
    jkt,
    userAgent: client.name,
  }
  const facts = { details: { client: client.id } }
  const audit = auditRow('code.redeemed', auditSource(exchange), facts, exchange.deps.now())
  const [row] = await exchange.database.write(
    redeemStatement({ codeHashes, clientId: client.id, redirectUri, codeChallenge }, session, audit),
  )
  if (row === undefined) return takeBack(request, codeHashes)
  return answer(request, session, redeemed(row))
}

/** A second use says that the code leaked: what the first one gave ends (RFC 6749 §4.1.2). */
async function takeBack({ exchange, client }: GrantRequest, codeHashes: readonly string[]): Promise<OAuthRefusal> {
  const { deps } = exchange
  const [row] = await exchange.database.read(findSpentCode(codeHashes, client.id))
  if (row === undefined) {
    await deps.audit.record('code.refused', auditSource(exchange), { details: { client: client.id } })
    return refuse('invalid_grant', 'no such code')
  }
  const [userId, sessionId, shard] = [text(row, 'user_id'), text(row, 'issued_session_id'), text(row, 'shard')]
  const facts = { userId, sessionId, details: { client: client.id } }
  const audit = auditRow('code.replayed', auditSource(exchange), facts, deps.now())
  const which = { kind: 'one', sessionId } as const
  await endByObject(exchange, shard, { userId, which, reason: 'authorization code replayed', audit })
  return refuse('invalid_grant', 'code replayed')
}

async function answer(
  { exchange, signer, client, jkt }: GrantRequest,
  { id, seed }: { readonly id: string; readonly seed: string },
  given: Redeemed,
): Promise<CodeAnswer | OAuthRefusal> {
  const { deps } = exchange
  // The browser may have signed out while the record could not be told.
  const look = await deps.userObject(given.shard)?.look({ sessionId: id, shard: given.shard, ip: null })
  if (look === undefined || look.outcome === 'unknown') throw unavailable('the session cannot be checked')
  if (look.outcome === 'dead') return refuse('invalid_grant', look.reason)
  const session = { ...given, id }
  const { scope, nonce } = given
  const issuedAtMs = deps.now()
  const mayRefresh = client.grantTypes.includes('refresh_token')
  const secret = mayRefresh ? refreshSecret(deps.refreshKey, seed, id, 0) : null
  const tokens = await issueTokens(signer, { session, client, scope, generation: 0, jkt, issuedAtMs }, secret)
  const scopes = scope.split(' ')
  if (!scopes.includes('openid')) return tokens
  const person = personClaims(given, scopes)
  const facts = { session, client, nonce, accessToken: tokens.access_token, person, issuedAtMs }
  return { ...tokens, id_token: await signIdToken(signer, facts) }
}
