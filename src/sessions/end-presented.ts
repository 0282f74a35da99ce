// Ends sessions on behalf of a request. Durable when it returns, also without the database.
import { type AuditSource, auditRow } from '../audit/record.ts'
import { waitWithin } from '../db/wait-budget.ts'
import type { Exchange } from '../exchange.ts'
import type { Lease } from './gate.ts'
import type { EndAnswer, EndRequest } from './user-sessions.ts'

type Ender = Pick<Exchange, 'deps' | 'waits'>

/** The record follows later if the request has waited enough already. */
export function endByObject({ deps, waits }: Ender, shard: string, request: EndRequest): Promise<EndAnswer> {
  return waitWithin(waits, (leftMs) => deps.sessions.end(shard, request, leftMs))
}

/** A session the request came with. */
export async function endPresented(
  exchange: Ender,
  { principal: { userId, sessionId, shard } }: Pick<Lease, 'principal'>,
  why: { readonly reason: string; readonly source: AuditSource },
): Promise<void> {
  const { reason, source } = why
  const audit = auditRow('session.ended', source, { userId, sessionId, reason }, exchange.deps.now())
  await endByObject(exchange, shard, { userId, which: { kind: 'one', sessionId }, reason, audit })
}
