// One way to a provider and back. What the answer has to fit is tied to this browser, this provider and this moment, and an
// answer is taken once, whoever else brings it too.
import { createHmac } from 'node:crypto'
import { DatabaseFault } from '../../db/database.ts'
import { type SpentAttempt, insertAttempt, spendAttempt, spentAttempt } from '../../db/queries/sign-in-attempts.ts'
import { unavailable } from '../../errors.ts'
import type { Exchange } from '../../exchange.ts'
import { preSessionOf } from '../../forms/csrf-token.ts'
import { minuteMs } from '../../kit/duration.ts'
import { randomToken } from '../../kit/random.ts'
import { hashSecret } from '../../sessions/token.ts'
import type { AttemptFacts, IdentityProvider } from './provider.ts'

/** Long enough to find a second factor at the provider. */
const lifetimeMs = 10 * minuteMs
const undefinedTable = '42P01'

export interface AttemptPurpose {
  /** Who connects the provider; null: somebody signs in. */
  readonly userId: string | null
  readonly isFresh: boolean
  readonly returnTo: string | null
}

export async function startAttempt(
  exchange: Exchange,
  { id, issuer }: IdentityProvider,
  purpose: AttemptPurpose,
): Promise<AttemptFacts> {
  const nowMs = exchange.deps.now()
  const state = randomToken(32)
  const row = {
    stateHash: hashSecret(state),
    provider: id,
    issuer,
    browserHash: hashSecret(preSessionOf(exchange)),
    ...purpose,
    nowMs,
    expiresAtMs: nowMs + lifetimeMs,
  }
  try {
    await exchange.database.write(insertAttempt(row))
  } catch (error) {
    // A worker that is newer than its database: the other ways in are open.
    if (error instanceof DatabaseFault && error.sqlState === undefinedTable) throw unavailable('no table for attempts')
    throw error
  }
  return factsOf(exchange, id, state, { isFresh: purpose.isFresh, startedAtMs: nowMs })
}

/** Null when there is no such attempt: spent, too old, another provider's or another browser's. */
export async function takeAttempt(
  exchange: Exchange,
  { id, issuer }: IdentityProvider,
  state: string,
): Promise<{ readonly facts: AttemptFacts; readonly purpose: SpentAttempt } | null> {
  const browserHash = hashSecret(preSessionOf(exchange))
  const spend = spendAttempt({ stateHash: hashSecret(state), provider: id, issuer, browserHash })
  const [row] = await exchange.database.write(spend)
  if (row === undefined) return null
  const purpose = spentAttempt(row)
  return { facts: factsOf(exchange, id, state, purpose), purpose }
}

/** Nonce and verifier are worked out, not stored: whoever reads the table cannot redeem a code. */
function factsOf(
  { deps }: Exchange,
  providerId: string,
  state: string,
  rest: Pick<AttemptFacts, 'isFresh' | 'startedAtMs'>,
): AttemptFacts {
  const derived = (purpose: string): string =>
    createHmac('sha256', deps.attemptKey).update(`${purpose} ${providerId} ${state}`).digest('base64url')
  return {
    state,
    nonce: derived('nonce'),
    verifier: derived('verifier'),
    redirectUri: `${deps.publicUrl.origin}${deps.settings.config.basePath}/v1/oidc/${providerId}/callback`,
    ...rest,
  }
}
