// The token endpoint: one kind of grant, one file.
import type { OAuthClient } from '../db/queries/oauth-clients.ts'
import type { Exchange } from '../exchange.ts'
import type { TokenSigner } from '../tokens/signing-keys.ts'
import { type Parameters, authenticateClient } from './client-authentication.ts'
import { formParameters } from './endpoint.ts'
import type { Issuing } from './endpoints.ts'
import { provenKey } from './proven-key.ts'
import { redeemCode } from './redeem-code.ts'
import { refreshTokens } from './refresh-tokens.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'

/** A request for tokens by a client that proved who it is. */
export interface GrantRequest {
  readonly exchange: Exchange
  readonly signer: TokenSigner
  readonly client: OAuthClient
  readonly parameters: Parameters
  /** The key the client proved to hold; what it is given is bound to that. */
  readonly jkt: string | null
}

type Grant = (request: GrantRequest) => Promise<object | OAuthRefusal>

const grants: Readonly<Record<string, Grant>> = {
  authorization_code: redeemCode,
  refresh_token: refreshTokens,
}
export const grantTypes = Object.keys(grants)

export async function token(exchange: Exchange, { signer }: Issuing): Promise<Response | OAuthRefusal> {
  const parameters = formParameters(exchange)
  if (parameters === null) return refuse('invalid_request', 'not a form of single parameters')
  const authenticated = await authenticateClient(exchange, parameters)
  if (!authenticated.ok) return authenticated.problem
  const { grant_type: type } = parameters
  if (type === undefined) return refuse('invalid_request', 'no grant type')
  const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
  if (grant === undefined) return refuse('unsupported_grant_type', 'unknown grant type')
  const client = authenticated.value
  if (!client.grantTypes.includes(type)) return refuse('unauthorized_client', 'grant type not registered')
  const key = await provenKey(exchange)
  if (!key.ok) return key.problem
  const outcome = await grant({ exchange, signer, client, parameters, jkt: key.value })
  if ('error' in outcome) return outcome
  return Response.json(outcome, { headers: { 'cache-control': 'no-store', pragma: 'no-cache' } })
}
