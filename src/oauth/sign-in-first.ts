// Sends the person to the login page, and from there back to the same request.
import type { Exchange } from '../exchange.ts'
import { goTo } from '../forms/answer.ts'
import { parseReturnTo } from '../access/return-to.ts'
import { secondMs } from '../kit/duration.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { refuse } from './refusal.ts'
import { sendBack } from './send-back.ts'

export function sendToSignIn(exchange: Exchange, query: URLSearchParams, request: AuthorizationRequest): Response {
  const { deps } = exchange
  const { basePath } = deps.settings.config
  const again = new URLSearchParams(query)
  // Whole seconds, rounded down: the sign-in that follows is never before it.
  again.set('asked_at', String(Math.floor(deps.now() / secondMs)))
  const returnTo = parseReturnTo(`${basePath}/oauth/authorize?${again.toString()}`)
  if (returnTo === null) return sendBack(exchange, request, refuse('invalid_request', 'too long to come back to'))
  return goTo(`${basePath}/login?return_to=${encodeURIComponent(returnTo)}&prompt=login`)
}
