// Tells of a list of networks that was got or refused: to the trail, and to whoever reads the log.
import { log } from '../log.ts'
import type { ListSettings, RefreshOutcome } from '../threats/network-lists/lists.ts'
import type { AuditTrail } from './trail.ts'

/** Nobody's request is at fault, so no address is kept. */
export function networkListReporter(trail: AuditTrail): (list: ListSettings, outcome: RefreshOutcome) => Promise<void> {
  return async ({ id }, outcome) => {
    if (outcome.kind === 'not due' || outcome.kind === 'unchanged') return
    const source = { requestId: crypto.randomUUID(), ip: null, userAgent: null }
    const before = { entries_before: outcome.entriesBefore }
    if (outcome.kind === 'kept') {
      const { entries } = outcome
      log('info', 'network list was got', { list: id, entries })
      await trail.record('network-list.updated', source, { reason: id, details: { list: id, entries, ...before } })
      return
    }
    const { reason } = outcome
    log('error', 'network list was refused; the one before stays', { list: id, reason })
    await trail.record('network-list.refused', source, { reason, details: { list: id, ...before } })
  }
}
