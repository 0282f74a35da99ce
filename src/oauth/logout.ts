// An application signs its user out here (OpenID Connect RP-Initiated Logout 1.0). With an ID token as proof it happens at
// once; without, or with one about somebody else, the person is asked, as any page could send a browser here.
import type { Hono } from 'hono'
import { auditRow } from '../audit/record.ts'
import type { GatewayEnv } from '../context.ts'
import { findUserShard } from '../db/queries/users.ts'
import { text } from '../db/values.ts'
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { formText } from '../forms/answer.ts'
import { csrfTokenFor } from '../forms/csrf-token.ts'
import { leaveFor } from '../forms/leave-for.ts'
import { requireForm } from '../forms/require-form.ts'
import { textsFor } from '../language.ts'
import { pageResponse } from '../pages/page-response.ts'
import { signOutPage } from '../pages/sign-out-page.tsx'
import { signedOutPage } from '../pages/signed-out-page.tsx'
import { clearedCookie, csrfCookieName, sessionCookieName } from '../sessions/cookie.ts'
import { endByObject, endPresented } from '../sessions/end-presented.ts'
import { type IdTokenHint, readIdTokenHint } from '../tokens/id-token.ts'
import type { TokenSigner } from '../tokens/signing-keys.ts'
import { hasRepeats } from './authorization-request.ts'
import { findClient } from './client-authentication.ts'
import { frontPaths } from './endpoint.ts'
import { restateAsLink } from './restate.ts'

const reason = 'signed out by an application'

interface LogoutRequest {
  readonly hint: IdTokenHint | null
  /** Registered by the client; null: the person stays here. */
  readonly returnTo: string | null
}

export function mountLogout(app: Hono<GatewayEnv>, signer: TokenSigner): void {
  app.get(frontPaths.logout, ({ env: { exchange } }) =>
    logout(exchange, signer, new URLSearchParams(exchange.target.search)),
  )
  app.post(frontPaths.logout, ({ env: { exchange } }) => restateAsLink(exchange))
  app.post('/oauth/sign-out', async ({ env: { exchange } }) => {
    requireForm(exchange)
    // Read and checked from scratch, like an answer to the question for consent.
    const { returnTo } = await readRequest(exchange, signer, new URLSearchParams(formText(exchange, 'request')))
    await endPresentedSession(exchange)
    return leave(exchange, returnTo)
  })
}

async function logout(exchange: Exchange, signer: TokenSigner, query: URLSearchParams): Promise<Response> {
  if (exchange.authentication.kind === 'undecided') throw unavailable('session cannot be checked')
  const { hint, returnTo } = await readRequest(exchange, signer, query)
  const { authentication } = exchange
  const principal = authentication.kind === 'session' ? authentication.lease.principal : null
  if (principal !== null && hint?.userId !== principal.userId) return askFirst(exchange, query, principal.email)
  if (hint !== null) await endAll(exchange, hint)
  return leave(exchange, returnTo)
}

function leave(exchange: Exchange, returnTo: string | null): Response {
  if (returnTo !== null) return leaveFor(exchange, returnTo)
  const { theme, basePath } = exchange.deps.settings.config
  return pageResponse(signedOutPage({ theme, texts: textsFor(exchange), basePath, homeUrl: '/' }))
}

async function readRequest(exchange: Exchange, signer: TokenSigner, query: URLSearchParams): Promise<LogoutRequest> {
  if (hasRepeats(query)) throw new GatewayError(reject('bad_request', 'a parameter more than once'))
  const [token, address, clientId] = [
    query.get('id_token_hint'),
    query.get('post_logout_redirect_uri'),
    query.get('client_id'),
  ]
  const hint = token === null ? null : await readIdTokenHint(signer, token)
  // A client id that contradicts the proof is no proof of anything (§2).
  if (hint !== null && clientId !== null && clientId !== hint.clientId) return { hint: null, returnTo: null }
  const named = hint?.clientId ?? clientId
  const client = named === null ? null : await findClient(exchange, named)
  if (address === null || client === null || !client.postLogoutRedirectUris.includes(address))
    return { hint, returnTo: null }
  const url = new URL(address)
  const state = query.get('state')
  if (state !== null) url.searchParams.set('state', state)
  return { hint, returnTo: url.href }
}

/** The browser's session with all its applications; without one here, the session of the application that asks. */
async function endAll(exchange: Exchange, { userId, sessionId }: IdTokenHint): Promise<void> {
  if (await endPresentedSession(exchange)) return
  const shard = await shardOfUser(exchange, userId)
  if (shard === null) return
  const audit = auditRow('session.ended', auditSource(exchange), { userId, sessionId, reason }, exchange.deps.now())
  await endByObject(exchange, shard, { userId, which: { kind: 'one', sessionId }, reason, audit })
}

/** Whether there was one. */
async function endPresentedSession(exchange: Exchange): Promise<boolean> {
  const { authentication } = exchange
  if (authentication.kind === 'undecided') throw unavailable('session cannot be checked')
  exchange.setCookies.push(clearedCookie(sessionCookieName), clearedCookie(csrfCookieName))
  if (authentication.kind !== 'session') return false
  await endPresented(exchange, authentication.lease, { reason, source: auditSource(exchange) })
  return true
}

async function shardOfUser({ database }: Exchange, userId: string): Promise<string | null> {
  const [row] = await database.read(findUserShard(userId))
  return row === undefined ? null : text(row, 'shard')
}

/** And back to the application after that, if it may name where. */
function askFirst(exchange: Exchange, query: URLSearchParams, email: string): Response {
  const { theme, basePath } = exchange.deps.settings.config
  const csrfToken = csrfTokenFor(exchange)
  const texts = textsFor(exchange)
  const request = query.toString()
  return pageResponse(signOutPage({ theme, texts, basePath, csrfToken, email, homeUrl: '/', request }))
}
