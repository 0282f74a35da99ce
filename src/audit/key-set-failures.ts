// Tells of an issuer whose keys could not be had: to the trail, and to whoever reads the log.
import { log } from '../log.ts'
import type { KeySetFailure } from '../tokens/key-sets.ts'
import type { AuditTrail } from './trail.ts'

/** Nobody's request is at fault, so no address is kept; the id is of the one that happened to ask. */
export function keySetReporter(trail: AuditTrail): (failure: KeySetFailure) => Promise<void> {
  return async ({ issuer, reason, lastGoodAgeMs, requestId }) => {
    const details = { issuer, last_good_age_s: lastGoodAgeMs === null ? null : Math.round(lastGoodAgeMs / 1000) }
    log(lastGoodAgeMs === null ? 'error' : 'warn', 'key set could not be had', {
      ...details,
      reason,
      request_id: requestId,
    })
    try {
      await trail.record('key_set.failed', { requestId, ip: null, userAgent: null }, { reason, details })
    } catch {
      log('error', 'key set failure not recorded', { issuer, reason })
    }
  }
}
