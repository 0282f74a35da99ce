// A client gives a token back (RFC 7009): the session behind it ends, and with it every token of the family.
import { auditRow } from '../audit/record.ts'
import { waitWithin } from '../db/wait-budget.ts'
import { unavailable } from '../errors.ts'
import { type Exchange, auditSource, visitOf } from '../exchange.ts'
import { endByObject } from '../sessions/end-presented.ts'
import { parseRefreshToken } from '../sessions/refresh-token.ts'
import type { JudgeOwnToken } from '../tokens/own-tokens.ts'
import { authenticateClient } from './client-authentication.ts'
import { formParameters } from './endpoint.ts'
import type { Issuing } from './endpoints.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'

interface Named {
  readonly userId: string
  readonly sessionId: string
  readonly shard: string
  readonly clientId: string
}

export async function revoke(exchange: Exchange, { judge }: Issuing): Promise<Response | OAuthRefusal> {
  const parameters = formParameters(exchange)
  const token = parameters?.['token']
  if (parameters === null || token === undefined) return refuse('invalid_request', 'no token')
  const authenticated = await authenticateClient(exchange, parameters)
  if (!authenticated.ok) return authenticated.problem
  const named = (await ofRefreshToken(exchange, token)) ?? (await ofAccessToken(exchange, judge, token))
  // What is not good any more is as revoked as can be (§2.2).
  if (named === null) return new Response(null, { status: 200 })
  if (named.clientId !== authenticated.value.id) return refuse('unauthorized_client', 'token of another client')
  await end(exchange, named)
  return new Response(null, { status: 200 })
}

/** Of whatever generation: an old one ends the family as well as the last one. */
async function ofRefreshToken({ deps, waits }: Exchange, text: string): Promise<Named | null> {
  const token = parseRefreshToken(text)
  const object = token === null ? null : deps.userObject(token.shard)
  if (token === null || object === null) return null
  const inspected = await waitWithin(waits, (leftMs) => object.inspect(token, leftMs))
  if (inspected === 'unknown') throw unavailable('the family cannot be checked')
  return inspected === null ? null : { ...inspected, sessionId: token.sessionId, shard: token.shard }
}

async function ofAccessToken(exchange: Exchange, judge: JudgeOwnToken, token: string): Promise<Named | null> {
  const verdict = await judge(token, visitOf(exchange))
  if (verdict.outcome === 'unknown') throw unavailable('the session cannot be checked')
  return verdict.outcome === 'live' ? verdict.claims : null
}

async function end(exchange: Exchange, { userId, sessionId, shard, clientId }: Named): Promise<void> {
  const { deps } = exchange
  const reason = 'token revoked'
  const facts = { userId, sessionId, reason, details: { client: clientId } }
  const audit = auditRow('session.ended', auditSource(exchange), facts, deps.now())
  await endByObject(exchange, shard, { userId, which: { kind: 'one', sessionId }, reason, audit })
}
