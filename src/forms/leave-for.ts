// The way to another site, from wherever the person comes.
import type { Exchange } from '../exchange.ts'
import { textsFor } from '../language.ts'
import { continuePage } from '../pages/continue-page.tsx'
import { pageResponse } from '../pages/page-response.ts'
import { goTo } from './answer.ts'

/**
 * Browsers hold a form to its page's `form-action` across redirects, so whoever comes here by one of our forms could not
 * be sent to another site by a redirect. A page that goes on by itself ends the form's way and keeps the policy whole.
 */
export function leaveFor(exchange: Exchange, address: string): Response {
  if (exchange.request.headers.get('sec-fetch-site') !== 'same-origin') return goTo(address)
  const { theme } = exchange.deps.settings.config
  const page = continuePage({ theme, texts: textsFor(exchange), address })
  return pageResponse(page, { headers: { refresh: `0; url=${address}` } })
}
