// Ends the session a request came with. Durable when it returns, also without the database.
import { type AuditSource, auditRow } from '../audit/record.ts'
import type { Deps } from '../deps.ts'
import type { Lease } from './gate.ts'

export async function endPresented(
  deps: Pick<Deps, 'sessions' | 'now'>,
  { principal: { userId, sessionId, shard } }: Lease,
  why: { readonly reason: string; readonly source: AuditSource },
): Promise<void> {
  const { reason, source } = why
  const audit = auditRow('session.ended', source, { userId, sessionId, reason }, deps.now())
  await deps.sessions.end(shard, { userId, which: { kind: 'one', sessionId }, reason, audit })
}
