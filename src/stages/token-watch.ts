// Says when a bearer token stops counting, for as long as something is open that was opened with it.
import type { BearerHolder } from '../identity/bearer-token.ts'
import { requestWaitMs } from '../db/wait-budget.ts'
import type { Exchange } from '../exchange.ts'
import { outcomeOf } from './bearer-token.ts'
import type { SessionEnd } from './session-watch.ts'

/** How often it is looked at again whether its key and its user still count; nearly always a look into memory. */
const lookAgainMs = 10_000

/** How the token ended, or null when `left` came first. */
export async function tokenEnd(
  exchange: Exchange,
  holder: BearerHolder,
  left: AbortSignal,
): Promise<SessionEnd | null> {
  const { now, settings } = exchange.deps
  const patienceMs = settings.config.sessions.uncheckedSeconds * 1000
  let knownAtMs = now()
  while (!left.aborted) {
    const restMs = holder.expiresAtMs - now()
    if (restMs <= 0) return 'expired'
    await pause(Math.min(restMs, lookAgainMs), left)
    const state = left.aborted ? null : await stateOf(exchange, holder)
    if (state === 'ended') return 'ended'
    if (state === 'counts') knownAtMs = now()
    else if (now() - knownAtMs > patienceMs) return 'unchecked'
  }
  return null
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

export function pause(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const leave = (): void => {
      clearTimeout(timer)
      resolve()
    }
    left.addEventListener('abort', leave, { once: true })
    if (left.aborted) leave()
  })
}
