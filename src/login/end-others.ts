// Ends what somebody else may hold: whatever proved the account anew, or changed how it is proven, ends all its other
// sessions, through the object that decides for them, so that it holds everywhere within a second. Tokens of other issuers
// go on: they were proven there and not by what changed here.
import { auditRow } from '../audit/record.ts'
import { type Exchange, auditSource } from '../exchange.ts'
import { endByObject } from '../sessions/end-presented.ts'

export async function endOthers(
  exchange: Exchange,
  user: { readonly id: string; readonly shard: string },
  { exceptId, reason }: { readonly exceptId: string | null; readonly reason: string },
): Promise<void> {
  const { deps } = exchange
  const audit = auditRow(
    'session.ended',
    auditSource(exchange),
    { userId: user.id, reason, details: { scope: 'all others' } },
    deps.now(),
  )
  const which = { kind: 'all', beforeMs: deps.now(), exceptId, sparesTokens: true } as const
  await endByObject(exchange, user.shard, { userId: user.id, which, reason, audit })
}
