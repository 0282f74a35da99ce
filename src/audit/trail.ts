// Records what changes nothing in the database, such as denials, through the outbox objects.
import type { AuditRow } from '../db/queries/audit-events.ts'
import type { AuditEventType } from './events.ts'
import { type AuditFacts, type AuditSource, auditRow } from './record.ts'

/** The part of the outbox object that the worker calls. */
export interface AuditOutbox {
  append(rows: readonly AuditRow[]): Promise<void>
}

export interface AuditTrail {
  /** Resolves once the event cannot be lost any more; awaited before the refusal it records is answered. */
  record(type: AuditEventType, source: AuditSource, facts: AuditFacts): Promise<void>
}

export const auditShards = 8

/** Requests are spread by their random id: no shard is anybody's to choose or to flood. */
export function createAuditTrail(outbox: (shard: number) => AuditOutbox, now: () => number): AuditTrail {
  return {
    async record(type, source, facts) {
      const shard = Math.floor(Math.random() * auditShards)
      await outbox(shard).append([auditRow(type, source, facts, now())])
    },
  }
}
