// A refresh token for new tokens. The user's object decides; the same question within the window has the same answer.
import { auditRow } from '../audit/record.ts'
import { waitWithin } from '../db/wait-budget.ts'
import { unavailable } from '../errors.ts'
import { auditSource } from '../exchange.ts'
import { type RefreshToken, parseRefreshToken } from '../sessions/refresh-token.ts'
import type { RefreshAnswer } from '../sessions/token-families.ts'
import { type TokenAnswer, issueTokens } from '../tokens/issue.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'
import type { GrantRequest } from './token.ts'

export async function refreshTokens(request: GrantRequest): Promise<TokenAnswer | OAuthRefusal> {
  const { signer, client, parameters, jkt } = request
  const presented = parameters['refresh_token']
  if (presented === undefined) return refuse('invalid_request', 'no refresh token')
  const token = parseRefreshToken(presented)
  if (token === null) return refuse('invalid_grant', 'malformed refresh token')
  const answer = await ask(request, token)
  switch (answer.outcome) {
    case 'unknown':
      throw unavailable('the family cannot be checked')
    case 'refused':
      return refused(request, token, answer.reason)
    case 'refreshed': {
      const scope = narrowed(answer.scope, parameters['scope'])
      if (scope === null) return refuse('invalid_scope', 'more than was granted')
      const { session, generation, issuedAtMs, secret } = answer
      return issueTokens(signer, { session, client, scope, generation, jkt, issuedAtMs }, secret)
    }
  }
}

async function ask({ exchange, client, jkt }: GrantRequest, token: RefreshToken): Promise<RefreshAnswer> {
  const { deps } = exchange
  const object = deps.userObject(token.shard)
  if (object === null) return { outcome: 'refused', reason: 'no such shard' }
  const facts = { details: { client: client.id } }
  const [source, nowMs] = [auditSource(exchange), deps.now()]
  const audits = {
    refreshed: auditRow('session.refreshed', source, facts, nowMs),
    replayed: auditRow('refresh.replayed', source, facts, nowMs),
  }
  const request = { token, clientId: client.id, jkt, audits }
  return waitWithin(exchange.waits, (leftMs) => object.refresh(request, leftMs))
}

/** A replay is in the trail already: its row came with the end of the family. */
async function refused({ exchange, client }: GrantRequest, token: RefreshToken, reason: string): Promise<OAuthRefusal> {
  if (reason !== 'replayed') {
    const facts = { sessionId: token.sessionId, reason, details: { client: client.id } }
    await exchange.deps.audit.record('refresh.failed', auditSource(exchange), facts)
  }
  return refuse('invalid_grant', reason)
}

/** Less may be asked for, never more (RFC 6749 §6). */
function narrowed(granted: string, asked: string | undefined): string | null {
  if (asked === undefined) return granted
  const [scopes, wanted] = [new Set(granted.split(' ')), asked.split(' ')]
  return wanted.every((scope) => scopes.has(scope)) ? wanted.join(' ') : null
}
