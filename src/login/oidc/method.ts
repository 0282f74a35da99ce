// Signing in with another site: the way there, and the way back. Whatever is wrong with an answer ends on a page of ours that
// says what to do; the other ways to sign in do not notice.
import type { Hono } from 'hono'
import { parseReturnTo } from '../../access/return-to.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { goTo } from '../../forms/answer.ts'
import { goOn } from '../go-on.ts'
import { startAttempt, takeAttempt } from './attempt.ts'
import { finishConnecting } from './connect.ts'
import { enterByProvider } from './enter.ts'
import type { ProviderClient } from './provider.ts'

export function socialSignIn(): Hono<GatewayEnv> {
  const app = createApp()
  app.get('/v1/oidc/:provider/start', async ({ env: { exchange }, req }) => {
    const client = clientOf(exchange, req.param('provider'))
    const isFresh = req.query('prompt') === 'login'
    const returnTo = parseReturnTo(req.query('return_to'))
    return goTo(await wayTo(exchange, client, { userId: null, isFresh, returnTo }))
  })
  app.get('/v1/oidc/:provider/callback', ({ env: { exchange }, req }) =>
    comeBack(exchange, clientOf(exchange, req.param('provider'))),
  )
  return app
}

export function clientOf({ deps }: Exchange, id: string): ProviderClient {
  const client = deps.identityProviders.get(id)
  if (client === undefined) throw new GatewayError(reject('not_found', 'no such provider'))
  return client
}

/** Where to send the person, with an attempt that the answer has to fit. */
export async function wayTo(
  exchange: Exchange,
  client: ProviderClient,
  purpose: Parameters<typeof startAttempt>[2],
): Promise<string> {
  const url = await client.authorizationUrl(await startAttempt(exchange, client.provider, purpose))
  return url.ok ? url.value : failed(exchange, client, url.problem.reason)
}

async function comeBack(exchange: Exchange, client: ProviderClient): Promise<Response> {
  const query = new URLSearchParams(exchange.target.search)
  const state = single(query, 'state')
  // First of all, and whatever else the answer says: one that fits no attempt of this browser is nobody's.
  const attempt = state === null ? null : await takeAttempt(exchange, client.provider, state)
  if (attempt === null) return expired(exchange, client)
  const fault = query.getAll('iss').length > 1 ? 'issuer named twice' : await client.faultInCallback(query)
  if (fault !== null) return failed(exchange, client, fault)
  const code = single(query, 'code')
  if (query.has('error')) return stopped(exchange, client, query)
  if (code === null) return failed(exchange, client, 'no code')
  const asking = {
    requestId: exchange.id,
    waitUntil: (work: Promise<unknown>) => exchange.context.waitUntil(work),
  }
  const who = await client.identify(code, attempt.facts, asking)
  if (!who.ok) return failed(exchange, client, who.problem.reason)
  const { userId, returnTo } = attempt.purpose
  if (userId !== null) return finishConnecting(exchange, { client, identity: who.value.identity, userId })
  return goOn(exchange, await enterByProvider(exchange, client.provider, who.value), returnTo)
}

/** Of two, which one counts would be anybody's guess. */
function single(query: URLSearchParams, name: string): string | null {
  const [value, other] = query.getAll(name)
  return value === undefined || value === '' || other !== undefined ? null : value
}

async function expired(exchange: Exchange, { provider }: ProviderClient): Promise<never> {
  const facts = { reason: 'no such attempt', details: { method: provider.id } }
  await exchange.deps.audit.record('login.failed', auditSource(exchange), facts)
  throw new GatewayError(reject('sign_in_expired', 'no such attempt'))
}

/** What the provider says of its error may be anything: only the codes that say that the person changed their mind count. */
async function stopped(exchange: Exchange, client: ProviderClient, query: URLSearchParams): Promise<never> {
  const isOwnWish = ['access_denied', 'interaction_required', 'login_required'].includes(query.get('error') ?? '')
  if (!isOwnWish) return failed(exchange, client, 'error in the answer')
  const facts = { reason: 'stopped there', details: { method: client.provider.id } }
  await exchange.deps.audit.record('login.cancelled', auditSource(exchange), facts)
  throw new GatewayError(reject('sign_in_cancelled', facts.reason))
}

async function failed(exchange: Exchange, { provider }: ProviderClient, reason: string): Promise<never> {
  const facts = { reason, details: { provider: provider.id } }
  await exchange.deps.audit.record('provider.failed', auditSource(exchange), facts)
  throw new GatewayError(reject('provider_failed', reason))
}
