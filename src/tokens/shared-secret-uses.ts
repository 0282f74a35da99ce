// Counts the tokens that are still signed with a shared secret: in this isolate for the metrics, and by day in the record,
// so that an operator sees when nobody needs the secret any more.
import { type AuditSource, auditRow } from '../audit/record.ts'
import type { Database } from '../db/database.ts'
import { addUses, findUnreportedDays, reportDay, usesOfDay } from '../db/queries/shared-secret-days.ts'
import { minuteMs } from '../kit/duration.ts'
import { log } from '../log.ts'
import type { NoteUse } from './shared-secret.ts'

export interface Uses {
  readonly accepted: number
  readonly late: number
}

export interface SharedSecretUses {
  noteFor(issuer: string): NoteUse
  /** Since this isolate started. */
  tallies(): readonly (Uses & { readonly issuer: string })[]
}

const writeEveryMs = minuteMs
const none: Uses = { accepted: 0, late: 0 }

const plus = (a: Uses, b: Uses): Uses => ({ accepted: a.accepted + b.accepted, late: a.late + b.late })

export function createSharedSecretUses(database: Pick<Database, 'write'>, now: () => number): SharedSecretUses {
  const totals = new Map<string, Uses>()
  const unwritten = new Map<string, Uses>()
  const writtenAtMs = new Map<string, number>()

  async function write(issuer: string): Promise<void> {
    const uses = unwritten.get(issuer) ?? none
    unwritten.delete(issuer)
    try {
      await database.write(addUses(issuer, uses))
    } catch (error) {
      // Perhaps it was written. A count that is too high keeps a secret too long; one too low would cut somebody off.
      unwritten.set(issuer, plus(unwritten.get(issuer) ?? none, uses))
      log('warn', 'shared secret uses wait', { issuer, reason: error instanceof Error ? error.message : 'unknown' })
    }
  }

  return {
    noteFor: (issuer) => {
      totals.set(issuer, none)
      return (use, asking) => {
        const one = { ...none, [use]: 1 }
        totals.set(issuer, plus(totals.get(issuer) ?? none, one))
        unwritten.set(issuer, plus(unwritten.get(issuer) ?? none, one))
        if (now() - (writtenAtMs.get(issuer) ?? Number.NEGATIVE_INFINITY) < writeEveryMs) return
        writtenAtMs.set(issuer, now())
        asking.waitUntil(write(issuer))
      }
    },
    tallies: () => [...totals].map(([issuer, uses]) => ({ issuer, ...uses })),
  }
}

/** Once a day: the counts of the days that are over go to the trail. */
export async function reportSharedSecretUses(database: Database): Promise<number> {
  const source: AuditSource = { requestId: '', ip: null, userAgent: null }
  const days = (await database.read(findUnreportedDays())).map(usesOfDay)
  let reported = 0
  for (const { issuer, day, accepted, late } of days) {
    const audit = auditRow('shared-secret.used', source, { details: { issuer, day, accepted, late } }, Date.now())
    reported += (await database.write(reportDay(issuer, day, audit))).length
  }
  return reported
}
