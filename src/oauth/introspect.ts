// Is a token good, and what does it say? For programs that prove who they are (RFC 7662).
import type { OAuthClient } from '../db/queries/oauth-clients.ts'
import { waitWithin } from '../db/wait-budget.ts'
import { unavailable } from '../errors.ts'
import { type Exchange, visitOf } from '../exchange.ts'
import { secondMs } from '../kit/duration.ts'
import { type RefreshToken, parseRefreshToken } from '../sessions/refresh-token.ts'
import type { JudgeOwnToken } from '../tokens/own-tokens.ts'
import { authenticateClient } from './client-authentication.ts'
import { formParameters } from './endpoint.ts'
import type { Issuing } from './endpoints.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'
import { refusedClient } from './refused-client.ts'

export async function introspect(exchange: Exchange, { judge }: Issuing): Promise<Response | OAuthRefusal> {
  const parameters = formParameters(exchange)
  const token = parameters?.['token']
  if (parameters === null || token === undefined) return refuse('invalid_request', 'no token')
  const authenticated = await authenticateClient(exchange, parameters)
  if (!authenticated.ok) return authenticated.problem
  const caller = authenticated.value
  // Whoever proves nothing could try tokens here (RFC 7662 §4).
  if (caller.authMethod === 'none')
    return refusedClient(exchange, caller.id, refuse('invalid_client', 'a public client'))
  return Response.json(await describeToken(exchange, judge, { caller, token }))
}

interface Question {
  readonly caller: OAuthClient
  readonly token: string
}

const inactive = { active: false } as const

async function describeToken(
  exchange: Exchange,
  judge: JudgeOwnToken,
  question: Question,
): Promise<Readonly<Record<string, unknown>>> {
  const refresh = parseRefreshToken(question.token)
  if (refresh !== null) return describeRefreshToken(exchange, refresh, question.caller)
  const verdict = await judge(question.token, visitOf(exchange))
  if (verdict.outcome === 'unknown') throw unavailable('the session cannot be checked')
  if (verdict.outcome === 'dead' || !mayAsk(question.caller, verdict.claims.clientId)) return inactive
  const { shard: _, ...told } = verdict.claims.all
  // Whoever asks is told `exp` as well, and would believe one of the two (RFC 7662 §2.2). The leeway of clocks is for the
  // asker to give, as it is for us.
  if (Number(told['exp']) * secondMs <= exchange.deps.now()) return inactive
  return { active: true, token_type: verdict.claims.jkt === null ? 'Bearer' : 'DPoP', ...told }
}

async function describeRefreshToken(
  { deps, waits }: Exchange,
  token: RefreshToken,
  caller: OAuthClient,
): Promise<Readonly<Record<string, unknown>>> {
  const object = deps.userObject(token.shard)
  const inspected = object === null ? null : await waitWithin(waits, (leftMs) => object.inspect(token, leftMs))
  if (inspected === 'unknown') throw unavailable('the family cannot be checked')
  if (inspected === null || !inspected.isGood || caller.id !== inspected.clientId) return inactive
  const { clientId, scope, userId, expiresAtMs } = inspected
  return { active: true, client_id: clientId, scope, sub: userId, exp: Math.floor(expiresAtMs / secondMs) }
}

/** The site's own services may ask about every access token, others about their own only. */
function mayAsk(caller: OAuthClient, clientId: string): boolean {
  return caller.isFirstParty || caller.id === clientId
}
