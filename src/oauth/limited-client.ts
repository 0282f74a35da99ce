// Counts a program by which client it has proven to be. One that proves nothing is not counted: anybody can say its name.
import type { OAuthClient } from '../db/queries/oauth-clients.ts'
import { GatewayError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { limitRejection } from '../limit-rejection.ts'

/** Throws 429 when there were too many. */
export async function limitedClient(exchange: Exchange, { id, authMethod }: OAuthClient): Promise<void> {
  if (authMethod === 'none') return
  const problem = await exchange.deps.limits.asked('oauth-client', id, exchange, exchange.context)
  const rejection = await limitRejection(exchange, problem)
  if (rejection !== undefined) throw new GatewayError(rejection)
}
