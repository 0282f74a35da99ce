// The CSRF token of the page or program at hand: the one it has if that is still good, so that two tabs share it.
import type { Exchange } from '../exchange.ts'
import { principalOf, singleCookie } from '../exchange.ts'
import { randomToken } from '../kit/random.ts'
import { csrfCookie, csrfCookieName, preSessionCookie, preSessionCookieName } from '../sessions/cookie.ts'

export function csrfTokenFor(exchange: Exchange): string {
  const { csrf } = exchange.deps
  const subject = principalOf(exchange)?.sessionId ?? preSessionOf(exchange)
  const atHand = singleCookie(exchange, csrfCookieName)
  if (atHand !== null && csrf.isValid(atHand, subject)) return atHand
  const token = csrf.issue(subject)
  exchange.setCookies.push(csrfCookie(token))
  return token
}

/** What tells this browser from others before anybody signs in. Given to it by this answer, if it has none. */
export function preSessionOf(exchange: Exchange): string {
  const atHand = singleCookie(exchange, preSessionCookieName) ?? givenWith(exchange)
  if (atHand !== null && /^[\w-]{22}$/.test(atHand)) return atHand
  const id = randomToken(16)
  exchange.setCookies.push(preSessionCookie(id))
  return id
}

/** Asked for twice in one request, it is one. */
function givenWith({ setCookies }: Exchange): string | null {
  const line = setCookies.find((cookie) => cookie.startsWith(`${preSessionCookieName}=`))
  return line?.slice(preSessionCookieName.length + 1).split(';', 1)[0] ?? null
}
