// Where a sign-in came from, kept behind the answer: nobody waits for it, and none fails for it.
import { keepPlace } from '../db/queries/session-places.ts'
import type { Exchange } from '../exchange.ts'
import { log } from '../log.ts'
import { placeOf } from '../threats/network-report.ts'

const waitMs = 1000

/** Of a session that exists. Nothing is kept where the platform names no country. */
export function rememberPlace({ deps, request, context }: Exchange, sessionId: string): void {
  const { country, city } = placeOf(request.cf)
  if (country === null) return
  const kept = deps.database.within({ leftMs: waitMs }).writeIdempotent(keepPlace(sessionId, { country, city }))
  context.waitUntil(kept.catch(logFault))
}

function logFault(error: unknown): void {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
  log('warn', 'place of a session not kept', { reason })
}
