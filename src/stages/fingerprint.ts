// Does a session's cookie come from where it was first used? If not, a fresh proof is asked for before it counts again.
import type { Authentication, Exchange } from '../exchange.ts'
import { auditSource } from '../exchange.ts'
import { minuteMs } from '../kit/duration.ts'
import { createSparing } from '../kit/sparing.ts'
import { addressSubject } from '../limits/subject.ts'
import { type Fingerprint, changeOf, fingerprintOf } from '../sessions/fingerprint.ts'
import type { Lease } from '../sessions/gate.ts'

/** Below the base path: where people prove who they are, or leave. Everything else would hand over what the cookie opens. */
const openPaths = new Set([
  '/reauthenticate',
  '/v1/reauthenticate',
  '/logout',
  '/v1/logout',
  '/oauth/logout',
  '/oauth/sign-out',
  '/v1/csrf',
])

/** What the object is told, to keep if it has none yet. Null where fingerprints are off. */
export function presentedFingerprint({ deps, client }: Exchange): Fingerprint | null {
  return deps.settings.config.sessions.fingerprint ? fingerprintOf(client) : null
}

/** Whether a live session counts for this request. */
export function recognise(exchange: Exchange, lease: Lease, cookie: string): Authentication {
  const { fingerprint } = lease
  if (fingerprint === null) return { kind: 'session', lease, cookie }
  const { config } = exchange.deps.settings
  const networkOf = (ip: string): string => addressSubject(ip, config.limits.ipv6Prefix)
  const change = changeOf(fingerprint, exchange.client, networkOf)
  if (change === null || isOpen(exchange)) return { kind: 'session', lease, cookie }
  report(exchange, lease, change)
  return { kind: 'unrecognised', reason: change, userId: lease.principal.userId }
}

function isOpen({ target, deps }: Exchange): boolean {
  const { basePath } = deps.settings.config
  return target.path.startsWith(`${basePath}/`) && openPaths.has(target.path.slice(basePath.length))
}

const told = createSparing({ everyMs: 10 * minuteMs, mostAMinute: 100 })

/** Once in a while for a session and an address: whoever has a stolen cookie could fill the trail with it. */
function report(exchange: Exchange, { principal: { userId, sessionId } }: Lease, reason: string): void {
  const { deps, context, client } = exchange
  if (told(`${sessionId} ${client.ip ?? ''}`, deps.now()) === null) return
  context.waitUntil(deps.audit.record('session.unrecognised', auditSource(exchange), { userId, sessionId, reason }))
}
