// Makes a row of the trail. What may not be in it (secrets, codes, tokens, whole addresses) is never asked for.
import { v7 as uuidv7 } from 'uuid'
import type { AskedAudits, AuditRow } from '../db/queries/audit-events.ts'
import { type AuditEventType, auditEvents } from './events.ts'

/** Where an event came from. */
export interface AuditSource {
  readonly requestId: string
  readonly ip: string | null
  readonly userAgent: string | null
}

export interface AuditFacts {
  readonly userId?: string
  readonly sessionId?: string | null
  readonly reason?: string
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

/** What goes on record, as long as nobody has said where it came from. */
export interface AuditEvent {
  readonly type: AuditEventType
  readonly facts: AuditFacts
}

export function auditRow(type: AuditEventType, source: AuditSource, facts: AuditFacts, nowMs: number): AuditRow {
  return {
    id: uuidv7(),
    atMs: nowMs,
    type,
    outcome: auditEvents[type].outcome,
    userId: facts.userId ?? null,
    sessionId: facts.sessionId ?? null,
    ip: source.ip,
    userAgent: source.userAgent,
    requestId: source.requestId,
    reason: facts.reason ?? null,
    details: facts.details ?? {},
  }
}

/** Of a question by mail or text: sent, or not sent as there is nobody, or nobody who may be asked now. */
export function askedAudits(
  type: AuditEventType,
  source: AuditSource,
  { purpose, nowMs }: { readonly purpose: string; readonly nowMs: number },
): AskedAudits {
  const facts = { details: { purpose } }
  return {
    asked: auditRow(type, source, facts, nowMs),
    unasked: auditRow('message.unsent', source, facts, nowMs),
  }
}
