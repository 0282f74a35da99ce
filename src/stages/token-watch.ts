// Says when another issuer's token stops counting for what is open: at its `exp`, when everything of its user is ended, or when
// its key or its user count no more. Nothing prolongs it: nobody here knows which tokens of an issuer belong together.
import type { BearerHolder } from '../identity/bearer-token.ts'
import { requestWaitMs } from '../db/wait-budget.ts'
import type { Exchange } from '../exchange.ts'
import { outcomeOf } from './bearer-token.ts'
import { type SessionEnd, firstEnd, pause, sessionEnd } from './session-watch.ts'

/** An end is heard of at once; this finds what no object is told of. At most 30 s. */
const lookAgainMs = 20_000
const retryMs = 1000

/** How the token ended, or null when `left` came first. */
export function tokenEnd(exchange: Exchange, holder: BearerHolder, left: AbortSignal): Promise<SessionEnd | null> {
  const { external, expiresAtMs, principal } = holder
  // What rests on neither a session nor an issuer has nothing that could end it.
  if (external === null) return Promise.resolve('ended')
  return firstEnd(left, [
    (over) => sessionEnd(exchange, { ...external, userId: principal.userId, endsAtMs: expiresAtMs }, over),
    (over) => lookedEnd(exchange, holder, over),
  ])
}

async function lookedEnd(exchange: Exchange, holder: BearerHolder, left: AbortSignal): Promise<SessionEnd | null> {
  const { now, settings } = exchange.deps
  const patienceMs = settings.config.sessions.uncheckedSeconds * 1000
  let [knownAtMs, waitMs] = [now(), lookAgainMs]
  for (;;) {
    await pause(waitMs, left)
    if (left.aborted) return null
    const state = await stateOf(exchange, holder)
    if (state === 'ended') return 'ended'
    if (state === 'counts') [knownAtMs, waitMs] = [now(), lookAgainMs]
    else if (now() - knownAtMs > patienceMs) return 'unchecked'
    else waitMs = retryMs
  }
}

async function stateOf(exchange: Exchange, holder: BearerHolder): Promise<'counts' | 'ended' | 'unknown'> {
  const tokens = exchange.deps.bearerTokens
  // Not from the headers for the site, where it is not any more.
  const header = exchange.request.headers.get('authorization')
  if (tokens === null || header === null) return 'ended'
  // Of its own: what the request itself could wait was spent long ago.
  const database = exchange.deps.database.within({ leftMs: requestWaitMs })
  const outcome = await outcomeOf(exchange, tokens, { header, database })
  if (outcome.kind === 'undecided') return 'unknown'
  // Its key was proven when it was opened.
  const isGood = outcome.kind === 'accepted' || outcome.kind === 'bound'
  return isGood && outcome.holder.principal.userId === holder.principal.userId ? 'counts' : 'ended'
}
