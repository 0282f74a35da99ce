// The first proof of a mailbox: what the trail says of it, and whose login it then is.
import { type AuditFacts, auditRow } from '../audit/record.ts'
import type { Row } from '../db/database.ts'
import { type Entry, entryOf } from '../db/queries/sign-in.ts'
import { flag } from '../db/values.ts'
import { type Exchange, auditSource } from '../exchange.ts'

export function firstProofAudits(exchange: Exchange, facts: AuditFacts) {
  const [source, nowMs] = [auditSource(exchange), exchange.deps.now()]
  return {
    verified: auditRow('email.verified', source, facts, nowMs),
    takenOver: auditRow('account.taken-over', source, facts, nowMs),
  }
}

/** As it is by now: the row says how it was, when the address was not proven and the name perhaps a stranger's. */
export function provenEntry(row: Row): Entry {
  const entry = { ...entryOf(row), emailVerified: true }
  return flag(row, 'was_taken') ? { ...entry, name: null } : entry
}
