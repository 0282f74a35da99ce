// While the gateway lets everybody through as nobody: since when and until when, said loudly and put on record.
import type { AuditTrail } from '../audit/trail.ts'
import { minuteMs } from '../kit/duration.ts'
import { log } from '../log.ts'

export interface Bypass {
  /** Whether it is on now; each call while it is may say so in the log, once a minute. */
  isOn(): boolean
  /** Puts it on record, once for each isolate. */
  begin(background: { waitUntil(work: Promise<unknown>): void }): void
}

export interface BypassOptions {
  readonly untilMs: number | undefined
  readonly audit: AuditTrail
  readonly now: () => number
}

const sayEveryMs = minuteMs
const nobody = { requestId: '', ip: null, userAgent: null }

export function createBypass({ untilMs, audit, now }: BypassOptions): Bypass {
  let saidAtMs = 0
  let isBegun = false
  const until = untilMs === undefined ? '' : new Date(untilMs).toISOString()
  return {
    isOn() {
      if (untilMs === undefined) return false
      const nowMs = now()
      if (nowMs >= untilMs) return false
      if (nowMs - saidAtMs >= sayEveryMs) {
        saidAtMs = nowMs
        log('error', 'BYPASS: everybody is let through to the site, as nobody', { until })
      }
      return true
    },
    begin(background) {
      if (isBegun) return
      isBegun = true
      // What it is for may be that this cannot be recorded either; the log says so every minute.
      const recorded = audit.record('bypass.begun', nobody, { reason: 'BYPASS_UNTIL', details: { until } })
      background.waitUntil(recorded.catch(() => log('error', 'BYPASS could not be put on record', { until })))
    },
  }
}
