// Decides whether a request may open a WebSocket to the site.
import type { Rejection } from '../errors.ts'
import { type Exchange, auditSource, principalOf, reject } from '../exchange.ts'

/** Opened by GET alone (RFC 6455 §4.1): with another method it is a request like any other, and `Upgrade` stays here. */
export function isUpgrade({ method, headers }: Request): boolean {
  return method === 'GET' && headers.get('upgrade')?.toLowerCase() === 'websocket'
}

/**
 * Browsers send Origin with every upgrade and no preflight, so this is the only defence against another site opening a
 * socket with the visitor's cookie. A program that sends no Origin has no ambient cookie to be abused.
 */
export async function refuseUpgrade(exchange: Exchange): Promise<Rejection | undefined> {
  const { request, deps } = exchange
  const origin = request.headers.get('origin')
  const { PUBLIC_URL } = deps.settings.environment
  if (origin === null || origin === PUBLIC_URL) return undefined
  if (deps.settings.config.webSockets.allowedOrigins.includes(origin)) return undefined
  const principal = principalOf(exchange)
  const facts = {
    reason: 'web socket origin',
    ...(principal ? { userId: principal.userId, sessionId: principal.sessionId } : {}),
  }
  await deps.audit.record('access.denied', auditSource(exchange), facts)
  return reject('origin_not_allowed', 'web socket origin')
}
