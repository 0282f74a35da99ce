// Finds out who the request acts as: the session cookie, or nobody. What nobody may do is decided later.
import { auditRow } from '../audit/record.ts'
import { waitWithin } from '../db/wait-budget.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, auditSource, singleCookie } from '../exchange.ts'
import { exchangeFacts } from '../exchange-facts.ts'
import { addressSubject } from '../limits/subject.ts'
import { log } from '../log.ts'
import { sessionCookie, sessionCookieName } from '../sessions/cookie.ts'
import type { Lease, SessionVerdict } from '../sessions/gate.ts'
import { presentedFingerprint, recognise } from './fingerprint.ts'
import { formatSessionToken } from '../sessions/token.ts'

export function authenticate(exchange: Exchange): undefined | Promise<Rejection | undefined> {
  const values = exchange.cookies[sessionCookieName]
  if (values === undefined) return undefined
  const cookie = singleCookie(exchange, sessionCookieName)
  if (cookie === null) {
    exchange.authentication = { kind: 'refused', reason: 'several session cookies' }
    return undefined
  }
  const lease = exchange.deps.sessions.leased(cookie, exchange.context)
  if (lease === null) return ask(exchange, cookie)
  return admit(exchange, lease, cookie)
}

/** Whoever has to prove themselves first gets no new secret either. */
function admit(exchange: Exchange, lease: Lease, cookie: string): undefined | Promise<undefined> {
  exchange.authentication = recognise(exchange, lease, cookie)
  const isDue = lease.isRotationDue && exchange.authentication.kind === 'session'
  return isDue ? rotate(exchange, lease, cookie) : undefined
}

/** Not every request, but every session once in a while. */
function admitAsked(exchange: Exchange, lease: Lease, cookie: string): undefined | Promise<undefined> {
  const { deps, client } = exchange
  const admitted = admit(exchange, lease, cookie)
  if (exchange.authentication.kind === 'session')
    deps.homes.note(addressSubject(client.ip, deps.settings.config.limits.ipv6Prefix))
  return admitted
}

async function ask(exchange: Exchange, cookie: string): Promise<undefined> {
  const verdict = await askOrUnknown(exchange, cookie)
  switch (verdict.outcome) {
    case 'live':
      return admitAsked(exchange, verdict.lease, cookie)
    case 'unknown':
      exchange.authentication = { kind: 'undecided' }
      return undefined
    case 'dead':
      exchange.authentication = { kind: 'refused', reason: verdict.reason }
      if (verdict.reason === 'replayed secret' && verdict.userId !== null && verdict.sessionId !== null) {
        const facts = { userId: verdict.userId, sessionId: verdict.sessionId, reason: verdict.reason }
        await exchange.deps.audit.record('session.replayed', auditSource(exchange), facts)
      }
      return undefined
  }
}

/** An object that did not answer has vouched for nobody; that is no reason to close what is open to nobody as well. */
async function askOrUnknown(exchange: Exchange, cookie: string): Promise<SessionVerdict> {
  try {
    return await waitWithin(exchange.waits, () =>
      exchange.deps.sessions.ask(cookie, exchange.client.ip, presentedFingerprint(exchange)),
    )
  } catch (error) {
    logObjectFault(exchange, error)
    return { outcome: 'unknown' }
  }
}

function logObjectFault(exchange: Exchange, error: unknown): void {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
  log('error', 'user object did not answer', { ...exchangeFacts(exchange), reason })
}

/** A new secret for an old session. Whoever loses the race, or finds no object or database, goes on with the secret at hand. */
async function rotate(exchange: Exchange, lease: Lease, cookie: string): Promise<undefined> {
  // The answer to an upgrade is not a page: browsers may drop its cookies.
  if (exchange.request.headers.get('upgrade') !== null) return undefined
  const { deps, waits } = exchange
  const { principal } = lease
  const { shard, sessionId } = principal
  const facts = { userId: principal.userId, sessionId }
  const audit = auditRow('session.rotated', auditSource(exchange), facts, deps.now())
  const rotated = await waitWithin(waits, (leftMs) => deps.sessions.rotate(cookie, audit, leftMs)).catch(
    (error: unknown) => {
      logObjectFault(exchange, error)
      return null
    },
  )
  if (rotated === null) return undefined
  exchange.setCookies.push(
    sessionCookie(formatSessionToken({ shard, sessionId, secret: rotated.secret }), principal.sessionExpiresAtMs),
  )
  return undefined
}
