// Ends sessions on behalf of a request. Durable when it returns, also without the database.
import { type AuditSource, auditRow } from '../audit/record.ts'
import { waitWithin } from '../db/wait-budget.ts'
import type { Exchange } from '../exchange.ts'
import type { Lease } from './gate.ts'
import type { EndAnswer, EndRequest } from './user-sessions.ts'

export interface Presented {
  readonly lease: Lease
  readonly cookie: string
}

type Ender = Pick<Exchange, 'deps' | 'waits'>

/** Null for a shard that no account can have. The record follows later if the request has waited enough already. */
export async function endByObject(
  { deps, waits }: Ender,
  shard: string,
  request: EndRequest,
): Promise<EndAnswer | null> {
  const object = deps.userObject(shard)
  return object === null ? null : waitWithin(waits, (leftMs) => object.end(request, leftMs))
}

/** The session a request came with. */
export async function endPresented(
  exchange: Ender,
  { lease, cookie }: Presented,
  why: { readonly reason: string; readonly source: AuditSource },
): Promise<void> {
  const { deps } = exchange
  const { userId, sessionId, shard } = lease.principal
  const { reason, source } = why
  const audit = auditRow('session.ended', source, { userId, sessionId, reason }, deps.now())
  deps.sessions.forget(cookie)
  await endByObject(exchange, shard, { userId, which: { kind: 'one', sessionId }, reason, audit })
}
