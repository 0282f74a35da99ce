// Starts an exchange: an id, a clock, the dependencies, before anything can fail.
import { noBody } from '../body.ts'
import { requestWaitMs } from '../db/wait-budget.ts'
import type { Deps } from '../deps.ts'
import type { Exchange } from '../exchange.ts'

const nowhere = { path: '/', search: '', host: '' }
/** Until it is known which of the client's may go on. */
const none = new Headers()
const nobody = { ip: null, continent: null, userAgent: null, tls: null }
const anonymous = { kind: 'anonymous' } as const

export function startExchange(request: Request, deps: Deps, context: ExecutionContext): Exchange {
  const waits = { leftMs: requestWaitMs }
  return {
    request,
    deps,
    context,
    id: crypto.randomUUID(),
    startedAtMs: deps.now(),
    waits,
    database: deps.database.within(waits),
    target: nowhere,
    headers: none,
    cookies: {},
    client: nobody,
    authentication: anonymous,
    isOwnPath: false,
    body: noBody,
    setCookies: [],
  }
}
