// May the network a request comes from come in? By lists the isolate holds; nothing is waited for.
import type { Rejection } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'

export function network(exchange: Exchange): undefined | Promise<Rejection | undefined> {
  const { deps, client, context, target } = exchange
  const found = deps.networks.judge(client.ip, target.path, context)
  return found === null ? undefined : conclude(exchange, found)
}

async function conclude(
  exchange: Exchange,
  { decision, listed, isNew }: NonNullable<ReturnType<Exchange['deps']['networks']['judge']>>,
): Promise<Rejection | undefined> {
  const isBlocked = decision.outcome === 'block'
  if (isNew) {
    const details = { rule: decision.rule.id, lists: listed.lists.join(' '), enforced: isBlocked }
    await exchange.deps.audit.record('network.refused', auditSource(exchange), { reason: decision.rule.id, details })
  }
  return isBlocked ? reject('forbidden', `network rule ${decision.rule.id}`) : undefined
}
