// Delivers what applications have to hear of ended sessions, and tries again until they have, for three quarters of an hour.
import { auditRow } from '../audit/record.ts'
import { type Database, DatabaseUnavailable } from '../db/database.ts'
import {
  type LogoutNotice,
  claimLogoutNotices,
  dueInMs,
  logoutNotice,
  nextLogoutNotice,
  settleLogoutNotice,
} from '../db/queries/logout-notices.ts'
import { secondMs } from '../kit/duration.ts'
import { signLogoutToken } from './logout-token.ts'
import type { TokenSigner } from './signing-keys.ts'

const atOnce = 10
const mostAttempts = 6
const answerWithinMs = 5 * secondMs
const databaseRestMs = 5 * secondMs

export interface LogoutNotices {
  /** Tries what is due now; when it should be called again, in milliseconds, or null when nothing waits. */
  deliver(): Promise<number | null>
}

export function createLogoutNotices(database: Database, signer: TokenSigner): LogoutNotices {
  async function tell(notice: LogoutNotice): Promise<void> {
    const outcome = await send(signer, notice)
    if (outcome !== 'told' && notice.attempts < mostAttempts) return
    const { userId, sessionId, clientId } = notice
    const facts = { userId, sessionId, details: { client: clientId, answer: outcome } }
    const source = { requestId: notice.id, ip: null, userAgent: null }
    const type = outcome === 'told' ? 'logout.notified' : 'logout.undelivered'
    await database.writeIdempotent(settleLogoutNotice(notice.id, auditRow(type, source, facts, Date.now())))
  }

  return {
    async deliver() {
      try {
        const claimed = (await database.write(claimLogoutNotices(atOnce))).map(logoutNotice)
        await Promise.all(claimed.map(tell))
        return dueInMs((await database.read(nextLogoutNotice()))[0])
      } catch (error) {
        if (error instanceof DatabaseUnavailable) return databaseRestMs
        throw error
      }
    },
  }
}

/** What went wrong is said by status or by the name of the fault: an answer's text is the application's affair. */
async function send(signer: TokenSigner, notice: LogoutNotice): Promise<string> {
  const body = new URLSearchParams({ logout_token: await signLogoutToken(signer, notice, Date.now()) })
  const signal = AbortSignal.timeout(answerWithinMs)
  try {
    // Where it is registered, and nowhere that answer may point to.
    const response = await fetch(notice.address, { method: 'POST', body, signal, redirect: 'manual' })
    await response.body?.cancel()
    return response.ok ? 'told' : `status ${response.status}`
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown'
  }
}
