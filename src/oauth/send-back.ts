// The way back to the application: its registered address with what it gets, and who says so (RFC 9207).
import { type Exchange } from '../exchange.ts'
import { exchangeFacts } from '../exchange-facts.ts'
import { leaveFor } from '../forms/leave-for.ts'
import { log } from '../log.ts'
import type { ReturnAddress } from './authorization-request.ts'
import { type OAuthRefusal, describe } from './refusal.ts'

export function sendBack(
  exchange: Exchange,
  { redirectUri, state }: ReturnAddress,
  answer: OAuthRefusal | { readonly code: string },
): Response {
  const { settings } = exchange.deps
  const url = new URL(redirectUri)
  const told =
    'code' in answer ? { code: answer.code } : { error: answer.error, error_description: describe(answer.error) }
  const parameters = { ...told, ...(state === null ? {} : { state }), iss: settings.environment.PUBLIC_URL }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  if ('error' in answer)
    log('info', 'authorization refused', { ...exchangeFacts(exchange), code: answer.error, reason: answer.reason })
  return leaveFor(exchange, url.href)
}
