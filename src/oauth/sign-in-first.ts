// Sends the person to prove who they are, and from there back to the same request.
import type { Exchange } from '../exchange.ts'
import { goTo } from '../forms/answer.ts'
import { parseReturnTo } from '../access/return-to.ts'
import { secondMs } from '../kit/duration.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { frontPaths } from './endpoint.ts'
import { refuse } from './refusal.ts'
import { sendBack } from './send-back.ts'

/** A sign-in from the start. */
export function sendToSignIn(exchange: Exchange, query: URLSearchParams, request: AuthorizationRequest): Response {
  return sendTo(signIn, exchange, query, request)
}

/** Who is signed in goes on with a second factor. */
export function sendToProveFactor(exchange: Exchange, query: URLSearchParams, request: AuthorizationRequest): Response {
  return sendTo(factor, exchange, query, request)
}

const signIn = { page: '/login', fields: { prompt: 'login' }, askedAt: 'asked_at' }
const factor = { page: '/reauthenticate', fields: { aal: '2' }, askedAt: 'factor_asked_at' }

function sendTo(
  { page, fields, askedAt }: typeof signIn | typeof factor,
  exchange: Exchange,
  query: URLSearchParams,
  request: AuthorizationRequest,
): Response {
  const { deps } = exchange
  const { basePath } = deps.settings.config
  const again = new URLSearchParams(query)
  // Whole seconds, rounded down: the proof that follows is never before it.
  again.set(askedAt, String(Math.floor(deps.now() / secondMs)))
  const returnTo = parseReturnTo(`${basePath}${frontPaths.authorize}?${again.toString()}`)
  if (returnTo === null) return sendBack(exchange, request, refuse('invalid_request', 'too long to come back to'))
  const asked = new URLSearchParams({ return_to: returnTo, ...fields })
  return goTo(`${basePath}${page}?${asked.toString()}`)
}
