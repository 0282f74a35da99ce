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

const auditShards = 8

/** One by chance: no shard is anybody's to choose or to flood. */
export function auditShardName(): string {
  return `audit:all:${Math.floor(Math.random() * auditShards)}`
}

export function createAuditTrail(outbox: () => AuditOutbox, now: () => number): AuditTrail {
  return {
    async record(type, source, facts) {
      await outbox().append([auditRow(type, source, facts, now())])
    },
  }
}
