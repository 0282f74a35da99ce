// Does the request stay within the limits of its network, or of its user? Cheap refusals come first.
import type { Rejection } from '../errors.ts'
import { type Exchange, type Stage, principalOf } from '../exchange.ts'
import { limitRejection } from '../limit-rejection.ts'
import type { LimitProblem } from '../limits/limit-gate.ts'

export function limit(phase: 'before-identity' | 'after-identity'): Stage {
  return phase === 'before-identity' ? limitAddress : limitUser
}

function limitAddress(exchange: Exchange): Rejection | undefined | Promise<Rejection | undefined> {
  const { deps, client, context } = exchange
  return conclude(exchange, deps.limits.ofAddress('before-identity', exchange, client, context))
}

function limitUser(exchange: Exchange): Rejection | undefined | Promise<Rejection | undefined> {
  const principal = principalOf(exchange)
  if (principal === null) return undefined
  // A session says where its user is. Somebody with another issuer's token is counted in one place of the world: by where
  // each request came in, they would have as many limits as there are continents.
  const place = 'shard' in principal ? String(principal.shard).slice(0, 2) : null
  const user = { userId: principal.userId, place }
  return conclude(exchange, exchange.deps.limits.ofUser('after-identity', exchange, user, exchange.context))
}

function conclude(
  exchange: Exchange,
  found: LimitProblem | null | Promise<LimitProblem | null>,
): Rejection | undefined | Promise<Rejection | undefined> {
  if (found === null) return undefined
  if (found instanceof Promise) return found.then((problem) => limitRejection(exchange, problem))
  return limitRejection(exchange, found)
}
