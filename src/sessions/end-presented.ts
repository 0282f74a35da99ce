// Ends the session a request came with. Durable when it returns, also without the database.
import { type AuditSource, auditRow } from '../audit/record.ts'
import type { Deps } from '../deps.ts'
import type { Lease } from './gate.ts'

export interface Presented {
  readonly lease: Lease
  readonly cookie: string
}

export async function endPresented(
  deps: Pick<Deps, 'sessions' | 'userObject' | 'now'>,
  { lease, cookie }: Presented,
  why: { readonly reason: string; readonly source: AuditSource },
): Promise<void> {
  const { userId, sessionId, shard } = lease.principal
  const { reason, source } = why
  const audit = auditRow('session.ended', source, { userId, sessionId, reason }, deps.now())
  deps.sessions.forget(cookie)
  await deps.userObject(shard)?.end({ userId, which: { kind: 'one', sessionId }, reason, audit })
}
