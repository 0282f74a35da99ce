// A row of the trail for what an administrator does to somebody: that person's row, which names who did it.
import type { AuditEventType } from '../audit/events.ts'
import { type AuditFacts, auditRow } from '../audit/record.ts'
import type { AuditRow } from '../db/queries/audit-events.ts'
import { type Exchange, auditSource, principalOf } from '../exchange.ts'

/** `facts.userId` is who it is done to, if anybody. */
export function adminAction(exchange: Exchange, type: AuditEventType, facts: AuditFacts): AuditRow {
  const actor = principalOf(exchange)?.userId ?? null
  const details = { ...facts.details, actor_id: actor }
  return auditRow(type, auditSource(exchange), { ...facts, details }, exchange.deps.now())
}
