// Is this way to sign in offered to this visitor?
import { type LoginMethodId, loginMethodIds, loginMethodPaths } from '../access/login-methods.ts'
import type { Rejection } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { enforces } from '../kit/flag.ts'
import { addressSubject } from '../limits/subject.ts'

export function isOffered(exchange: Exchange, id: LoginMethodId): boolean {
  const { login, limits } = exchange.deps.settings.config
  const state = login.methods[id] ?? 'enforce'
  if (typeof state === 'string') return state === 'enforce'
  // By network: who is not signed in has nothing else that stays.
  const subject = addressSubject(exchange.client.ip, limits.ipv6Prefix)
  return enforces(state, { name: id, subject, nowMs: exchange.deps.now() })
}

const begins = requestsThat('begins')
const ends = requestsThat('ends')

/** Of a request to one of the gateway's own paths. */
export function refuseSwitchedOff(exchange: Exchange): Rejection | undefined {
  const { login, basePath } = exchange.deps.settings.config
  const request = `${exchange.request.method} ${exchange.target.path.slice(basePath.length)}`
  const begun = begins.get(request)
  if (begun !== undefined && !isOffered(exchange, begun)) return reject('method_off', begun)
  const ended = ends.get(request)
  return ended !== undefined && login.methods[ended] === 'off' ? reject('method_off', ended) : undefined
}

function requestsThat(which: 'begins' | 'ends'): ReadonlyMap<string, LoginMethodId> {
  return new Map(loginMethodIds.flatMap((id) => loginMethodPaths[id][which].map((request) => [request, id] as const)))
}
