// Who asks for a message, and whether it is them who answer: browsers are told apart by a cookie that each is given.
import type { Asker } from '../db/queries/challenges.ts'
import { type Exchange, singleCookie } from '../exchange.ts'
import { preSessionOf } from '../forms/csrf-token.ts'
import { preSessionCookieName } from '../sessions/cookie.ts'
import { hashSecret } from '../sessions/token.ts'

export function askerOf(exchange: Exchange): Asker {
  return { browserHash: browserHashOf(exchange), ip: exchange.client.ip }
}

/**
 * Not by the session: somebody may sign in, or out, between asking and answering. Null for a program that keeps no cookie.
 * Browsers say what they are with every request (Fetch Metadata), or send a form, and are given the cookie if they have none.
 */
export function browserHashOf(exchange: Exchange): string | null {
  const { request, body } = exchange
  const isBrowser =
    singleCookie(exchange, preSessionCookieName) !== null ||
    request.headers.has('sec-fetch-site') ||
    body.kind === 'form'
  return isBrowser ? hashSecret(preSessionOf(exchange)) : null
}
