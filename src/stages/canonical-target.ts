// Refuses a target that two servers could read differently, and methods that are no request to a site.
import { canonicalTarget as judge } from '../access/canonical-target.ts'
import { type Exchange, reject } from '../exchange.ts'
import type { Rejection } from '../errors.ts'

/** CONNECT asks for a tunnel, TRACE echoes credentials (RFC 9110 §9.3.8). Both were used against gateways. */
const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK'])

export function canonicalTarget(exchange: Exchange): Rejection | undefined {
  const { request } = exchange
  if (refusedMethods.has(request.method)) return reject('method_not_allowed', 'method')
  const judged = judge(request.url, request.headers.get('host'))
  if (!judged.ok) return reject('bad_target', judged.reason)
  exchange.target = judged.target
  return undefined
}
