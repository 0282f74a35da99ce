// Notices requests that look like injection attempts. They go on as they came: see access/injection.ts.
import { type InjectionKind, injectionIn } from '../access/injection.ts'
import { type Exchange, auditSource } from '../exchange.ts'
import { exchangeFacts } from '../exchange-facts.ts'
import { log } from '../log.ts'

export function sightInjection(exchange: Exchange): undefined {
  const { target, headers } = exchange
  const { search } = target
  const userAgent = headers.get('user-agent')
  const kind =
    (search === '' ? null : injectionIn(search)) ??
    injectionIn(target.path) ??
    // Where lookups are tried most; anything else in it is noise.
    (userAgent?.includes('${') === true ? injectionIn(userAgent) : null)
  if (kind !== null) sighted(exchange, kind)
  return undefined
}

/** A target that was refused for going up the tree is counted too. */
export function sightRefusedTarget(exchange: Exchange): void {
  const { url } = exchange.request
  const kind = injectionIn(url.slice(url.indexOf('/', url.indexOf('://') + 3)))
  if (kind !== null) sighted(exchange, kind)
}

/** Nobody waits for it, and nothing of what was sent is written down but a path without secrets. */
function sighted(exchange: Exchange, kind: InjectionKind): void {
  const { deps, client, context } = exchange
  if (!deps.sightings.see(kind, client.ip)) return
  const { method, path } = exchangeFacts(exchange)
  const facts = { reason: kind, details: { method: method ?? '', path: path ?? '' } }
  const recorded = deps.audit.record('injection.sighted', auditSource(exchange), facts)
  context.waitUntil(recorded.catch(() => log('error', 'sighting could not be put on record', exchangeFacts(exchange))))
}
