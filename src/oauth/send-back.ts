// The way back to the application: its registered address with what it gets, and who says so (RFC 9207).
import { type Exchange } from '../exchange.ts'
import { exchangeFacts } from '../exchange-facts.ts'
import { goTo } from '../forms/answer.ts'
import { log } from '../log.ts'
import { continuePage } from '../pages/continue-page.tsx'
import { pageResponse } from '../pages/page-response.ts'
import { en } from '../pages/texts/en.ts'
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

/**
 * Browsers hold a form to its page's `form-action` across redirects, so whoever comes here by one of our forms could not
 * be sent to another site by a redirect. A page that goes on by itself ends the form's way and keeps the policy whole.
 */
export function leaveFor(exchange: Exchange, address: string): Response {
  if (exchange.request.headers.get('sec-fetch-site') !== 'same-origin') return goTo(address)
  const { theme } = exchange.deps.settings.config
  return pageResponse(continuePage({ theme, texts: en, address }), { headers: { refresh: `0; url=${address}` } })
}
