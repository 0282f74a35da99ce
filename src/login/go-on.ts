// Where a page goes after a login: on, or to the page that asks for the second factor.
import { goTo } from '../forms/answer.ts'
import type { Exchange } from '../exchange.ts'
import { withReturnTo } from '../pages/addresses.ts'
import { pauseCookie } from '../sessions/cookie.ts'
import type { LoginAnswer } from './complete.ts'

/** The token of a pause goes in a cookie: in an address it would be in histories, logs and referrers. */
export function goOn(exchange: Exchange, answer: LoginAnswer, returnTo: string | null): Response {
  if (answer.status === 'signed_in') return goTo(returnTo ?? '/')
  exchange.setCookies.push(pauseCookie(String(answer['mfa_token']), Number(answer['expires_in_s'])))
  return goTo(withReturnTo(`${exchange.deps.settings.config.basePath}/mfa`, returnTo))
}
