// The way of a request: one list of stages, then the gateway's own paths, then the site.
import { accountApi } from './account/api.ts'
import { ownAccountApi } from './account/own-account-api.ts'
import { ownAccountPages } from './account/own-account-pages.ts'
import { accountPages } from './account/pages.ts'
import { admin } from './admin/index.ts'
import { matchRoute } from './access/rules.ts'
import { readBody } from './body.ts'
import type { Deps } from './deps.ts'
import { createApp } from './context.ts'
import { developmentInbox } from './development/inbox.ts'
import { GatewayError, type Rejection, unavailable } from './errors.ts'
import { DatabaseUnavailable } from './db/database.ts'
import { isSchemaBehind } from './db/migrations.ts'
import { type Exchange, type Stage, putOnRecord, reject } from './exchange.ts'
import { exchangeFacts } from './exchange-facts.ts'
import { type Visit, beginVisit, endVisit, noteRequest } from './hashing/visits.ts'
import { isObjectFault } from './kit/object-fault.ts'
import { log } from './log.ts'
import { loginMethods } from './login/index.ts'
import { proveKeyForTokens } from './login/key-for-tokens.ts'
import { refuseSwitchedOff } from './login/switched.ts'
import { metrics } from './monitor/metrics.ts'
import { isOpenToOthers, isProgramEndpoint } from './oauth/endpoint.ts'
import { oauth } from './oauth/endpoints.ts'
import { wellKnown, wellKnownPaths } from './oauth/well-known.ts'
import { isPerson, renderRejection } from './render.ts'
import { authenticate } from './stages/authenticate.ts'
import { authorize } from './stages/authorize.ts'
import { bearerToken } from './stages/bearer-token.ts'
import { canonicalTarget } from './stages/canonical-target.ts'
import { client } from './stages/client.ts'
import { answerPreflight, isPreflight } from './stages/cors.ts'
import { csrf } from './stages/csrf.ts'
import { forward } from './stages/forward.ts'
import { limit } from './stages/limit.ts'
import { sightInjection, sightRefusedTarget } from './stages/sight-injection.ts'
import { network } from './stages/network.ts'
import { refusedCredential } from './stages/refused-credential.ts'
import { startExchange } from './stages/request-context.ts'
import { stripReservedHeaders } from './stages/strip-reserved-headers.ts'

/** Also while everybody is let through. */
const always: readonly ((exchange: Exchange) => Rejection | undefined)[] = [
  canonicalTarget, // refuse what two servers could read differently
  stripReservedHeaders, // identity headers are ours alone
  client, // address, continent, user agent
  sightInjection, // counts what looks like an attempt
]

const stages: readonly Stage[] = [
  network, // who is on a list of networks
  limit('before-identity'), // by network: cheap refusals first
  authenticate, // session cookie, or nobody
  bearerToken, // whom a trusted issuer vouches for
  guessedCredential, // guesses at tokens
  limit('after-identity'), // by user
]

/** What programs show to an endpoint of their own is judged there, as most of it is not meant for the site. */
function guessedCredential(exchange: Exchange): undefined {
  const isJudgedThere = isProgramEndpoint(exchange.target.path, exchange.deps.settings.config.basePath)
  return isJudgedThere ? undefined : refusedCredential(exchange)
}

const account = [accountApi, accountPages, ownAccountApi, ownAccountPages]

export type Gateway = (request: Request, context: ExecutionContext) => Promise<Response>

export function createGateway(deps: Deps): Gateway {
  const own = ownPaths(deps)
  return async (request, context) => {
    const exchange = startExchange(request, deps, context)
    let visit: Visit | null = null
    noteRequest(Date.now())
    try {
      for (const stage of always) {
        const rejection = stage(exchange)
        if (rejection !== undefined) return await refuse(exchange, rejection)
      }
      const isOwn = own.has(exchange.target.path)
      if (!isOwn) visit = beginVisit(Date.now())
      if (!isOwn && deps.bypass.isOn()) return await passUnasked(exchange)
      for (const stage of stages) {
        const pending = stage(exchange)
        const rejection = pending instanceof Promise ? await pending : pending
        if (rejection === undefined) continue
        if (isOwn && rejection.code === 'captcha_required') await noteForm(exchange)
        return await refuse(exchange, rejection)
      }
      if (isOwn) return await own.answer(exchange)
      return await passOn(exchange)
    } catch (error) {
      return await refuse(exchange, rejectionOf(error))
    } finally {
      if (visit !== null) endVisit(visit)
    }
  }
}

/** A form says where the person wanted to go, and the captcha leads there. Programs are told what to do by the answer alone. */
async function noteForm(exchange: Exchange): Promise<void> {
  if (isPerson(exchange)) exchange.body = await readBody(exchange.request).catch(() => exchange.body)
}

async function passOn(exchange: Exchange): Promise<Response> {
  if (isPreflight(exchange.request)) {
    const answer = answerPreflight(exchange)
    if (answer !== undefined) return answer instanceof Response ? answer : refuse(exchange, answer)
  }
  const authorization = authorize(exchange)
  if (authorization.outcome === 'deny') return refuse(exchange, authorization.rejection)
  const forwarded = await forward(exchange, authorization.route)
  return 'response' in forwarded ? forwarded.response : refuse(exchange, forwarded.rejection)
}

/** The emergency: to a route there is, whoever asks, and as nobody. The headers that could say otherwise are off already. */
async function passUnasked(exchange: Exchange): Promise<Response> {
  const { deps, target, request, context } = exchange
  deps.bypass.begin(context)
  const route = matchRoute(deps.routes, { host: target.host, path: target.path, method: request.method })
  if (route === null) return refuse(exchange, reject('not_found', 'no route'))
  const forwarded = await forward(exchange, route)
  return 'response' in forwarded ? forwarded.response : refuse(exchange, forwarded.rejection)
}

/** The paths the gateway answers itself. Everything else is the site's. */
function ownPaths(deps: Deps): { has(path: string): boolean; answer(exchange: Exchange): Promise<Response> } {
  const { basePath } = deps.settings.config
  const app = createApp()
  app.use(async ({ env: { exchange } }, next) => {
    const off = refuseSwitchedOff(exchange)
    if (off !== undefined) throw new GatewayError(off)
    exchange.body = await readBody(exchange.request)
    // Where nothing goes by a cookie, another site's page forges nothing.
    const rejection = isOpenToOthers(exchange.target.path, basePath)
      ? undefined
      : ((await csrf(exchange)) ?? (await proveKeyForTokens(exchange)))
    if (rejection !== undefined) throw new GatewayError(rejection)
    await next()
  })
  for (const feature of [...loginMethods, ...account, admin, oauth, metrics]) app.route(basePath, feature(deps))
  if (deps.settings.environment.MODE === 'development') app.route(basePath, developmentInbox(deps))
  app.route('/', wellKnown(deps))
  app.notFound(() => {
    throw new GatewayError(reject('not_found', 'own path'))
  })
  app.onError((error) => {
    throw error
  })
  const exact = new Set(wellKnownPaths(deps))
  const prefix = `${basePath}/`
  return {
    has: (path) => path.startsWith(prefix) || path === basePath || exact.has(path),
    async answer(exchange) {
      exchange.isOwnPath = true
      const {
        request,
        target,
        deps: { publicUrl },
      } = exchange
      // Routed by the canonical path, like everything else.
      const routed = new Request(`${publicUrl.origin}${target.path}${target.search}`, {
        method: request.method,
        headers: request.headers,
      })
      const response = await app.fetch(routed, { exchange }, exchange.context)
      const answered = new Response(response.body, response)
      answered.headers.set('x-request-id', exchange.id)
      if (!answered.headers.has('cache-control')) answered.headers.set('cache-control', 'no-store')
      if (!answered.headers.has('x-portcullis-response')) answered.headers.set('x-portcullis-response', 'ok')
      for (const cookie of exchange.setCookies) answered.headers.append('set-cookie', cookie)
      return answered
    },
  }
}

/** On record before it is answered; where it cannot be put there, nothing can be decided. */
async function refuse(exchange: Exchange, refused: Rejection): Promise<Response> {
  const rejection = await putOnRecord(exchange, refused.event).then(() => refused, rejectionOf)
  if (rejection.code === 'bad_target') {
    client(exchange)
    sightRefusedTarget(exchange)
  }
  const level = rejection.code === 'internal' || rejection.code === 'unavailable' ? 'error' : 'info'
  log(level, 'request refused', { ...exchangeFacts(exchange), code: rejection.code, reason: rejection.reason })
  return renderRejection(exchange, rejection)
}

function rejectionOf(error: unknown): Rejection {
  if (error instanceof GatewayError) return error.rejection
  if (error instanceof DatabaseUnavailable) return unavailable(error.message).rejection
  // The migrations are to be applied first; until then this is as good as no database.
  if (isSchemaBehind(error)) return unavailable('schema behind: apply the migrations').rejection
  const name = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
  // An object that is overloaded or gone: nothing can be decided.
  return isObjectFault(error) ? unavailable(`object: ${name}`).rejection : reject('internal', name)
}
