// Was a state-changing request to the gateway's own paths made by a page of this site? Three independent signs.
import type { Rejection } from '../errors.ts'
import { type Exchange, auditSource, principalOf, reject, singleCookie } from '../exchange.ts'
import { csrfCookieName, preSessionCookieName } from '../sessions/cookie.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Below the base path: what does nothing for nobody but take dead cookies away. Whoever signs out after the session has
 * ended elsewhere holds a token of that session and cannot have another.
 */
const signOutPaths = ['/logout', '/v1/logout', '/oauth/sign-out']

/**
 * `Sec-Fetch-Site` and `Origin` where a browser sends them, and a token signed for the session. A request without a
 * session may do without the token only as JSON: no form of another site can send that without asking first (CORS).
 */
export async function csrf(exchange: Exchange): Promise<Rejection | undefined> {
  const problem = findProblem(exchange)
  if (problem === null) return undefined
  const principal = principalOf(exchange)
  const facts =
    principal === null
      ? { reason: problem }
      : { reason: problem, userId: principal.userId, sessionId: principal.sessionId }
  await exchange.deps.audit.record('csrf.refused', auditSource(exchange), facts)
  return reject('csrf_failed', problem)
}

function findProblem(exchange: Exchange): string | null {
  const { request, deps, body } = exchange
  if (safeMethods.has(request.method)) return null
  // Nothing sends a token by itself: whoever sends it could read what a form token would protect (OAuth 2.0, RFC 6750 §5.3).
  if (exchange.authentication.kind === 'bearer') return null
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return 'fetch metadata'
  const origin = request.headers.get('origin')
  if (origin !== null && origin !== deps.settings.environment.PUBLIC_URL) return 'origin'
  const principal = principalOf(exchange)
  const subject = principal === null ? singleCookie(exchange, preSessionCookieName) : principal.sessionId
  if (principal === null && (body.kind !== 'form' || isSignOut(exchange))) return null
  const given = request.headers.get('x-csrf-token') ?? body.csrfToken
  if (given === null || subject === null) return 'no token'
  if (given !== singleCookie(exchange, csrfCookieName)) return 'token differs from cookie'
  return deps.csrf.isValid(given, subject) ? null : 'token of another session'
}

function isSignOut({ target, deps }: Exchange): boolean {
  return signOutPaths.some((path) => target.path === deps.settings.config.basePath + path)
}
