// The authorization endpoint: signs in, asks where it must, and sends the browser back with a code.
import type { Hono } from 'hono'
import { auditRow } from '../audit/record.ts'
import type { GatewayEnv } from '../context.ts'
import { consentedScopes, findConsent, giveConsent } from '../db/queries/oauth-consents.ts'
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { formText } from '../forms/answer.ts'
import { csrfTokenFor } from '../forms/csrf-token.ts'
import { requireForm } from '../forms/require-form.ts'
import { consentPage } from '../pages/consent-page.tsx'
import { pageResponse } from '../pages/page-response.ts'
import { textsFor } from '../language.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import { type AuthorizationRequest, clientIdOf, readAuthorizationRequest } from './authorization-request.ts'
import { findClient } from './client-authentication.ts'
import { decideAuthorization, isBelowWish } from './decide-authorization.ts'
import { frontPaths } from './endpoint.ts'
import { issueCode } from './issue-code.ts'
import { refuse } from './refusal.ts'
import { restateAsLink } from './restate.ts'
import { hasSecondFactor } from './second-factor.ts'
import { sendBack } from './send-back.ts'
import { sendToProveFactor, sendToSignIn } from './sign-in-first.ts'

type Decision = 'allow' | 'deny' | null

export function mountAuthorize(app: Hono<GatewayEnv>): void {
  app.get(frontPaths.authorize, ({ env: { exchange } }) =>
    authorize(exchange, new URLSearchParams(exchange.target.search), null),
  )
  app.post(frontPaths.authorize, ({ env: { exchange } }) => restateAsLink(exchange))
  app.post('/oauth/consent', ({ env: { exchange } }) => {
    requireForm(exchange)
    const decision = formText(exchange, 'decision') === 'allow' ? 'allow' : 'deny'
    // Read and checked from scratch: between the question and the answer everything may have changed.
    return authorize(exchange, new URLSearchParams(formText(exchange, 'request')), decision)
  })
}

async function authorize(exchange: Exchange, query: URLSearchParams, decision: Decision): Promise<Response> {
  const clientId = clientIdOf(query)
  const read = readAuthorizationRequest(query, clientId === null ? null : await findClient(exchange, clientId))
  switch (read.outcome) {
    case 'nowhere':
      throw new GatewayError(reject('bad_request', read.reason))
    case 'refused':
      return sendBack(exchange, read.to, read.refusal)
    case 'request':
      return decision === 'deny'
        ? sendBack(exchange, read.request, refuse('access_denied', 'the person said no'))
        : takeStep(exchange, query, read.request, decision === 'allow')
  }
}

async function takeStep(
  exchange: Exchange,
  query: URLSearchParams,
  request: AuthorizationRequest,
  isConfirmed: boolean,
): Promise<Response> {
  const principal = browserPrincipal(exchange)
  const authTimeMs = principal?.authTimeMs ?? null
  const aal = principal?.aal ?? 1
  const [consented, hasFactor] = await Promise.all([
    consentedTo(exchange, principal, request),
    principal !== null && isBelowWish(request, aal) && hasSecondFactor(exchange, principal),
  ])
  const nowMs = exchange.deps.now()
  const step = decideAuthorization(request, { authTimeMs, aal, hasFactor, consented, isConfirmed, nowMs })
  switch (step) {
    case 'sign-in':
    case 'sign-in-again':
      return sendToSignIn(exchange, query, request)
    case 'prove-factor':
      return sendToProveFactor(exchange, query, request)
    case 'login_required':
    case 'consent_required':
      return sendBack(exchange, request, refuse(step, 'prompt=none'))
    case 'ask':
      return principal === null ? sendToSignIn(exchange, query, request) : ask(exchange, query, request, principal)
    case 'issue':
      if (principal === null) return sendToSignIn(exchange, query, request)
      if (isConfirmed) await remember(exchange, principal, request)
      return issueCode(exchange, principal, request)
  }
}

/** A browser's session only: an application's token must not become a code for another. */
function browserPrincipal({ authentication }: Exchange): SessionPrincipal | null {
  if (authentication.kind === 'undecided') throw unavailable('session cannot be checked')
  return authentication.kind === 'session' ? authentication.lease.principal : null
}

async function consentedTo(
  { database }: Exchange,
  principal: SessionPrincipal | null,
  { client }: AuthorizationRequest,
): Promise<readonly string[]> {
  if (principal === null || client.isFirstParty) return []
  const [row] = await database.read(findConsent(principal.userId, client.id))
  return consentedScopes(row)
}

function ask(
  exchange: Exchange,
  query: URLSearchParams,
  request: AuthorizationRequest,
  { email }: SessionPrincipal,
): Response {
  const { theme, basePath } = exchange.deps.settings.config
  const { client, scopes } = request
  const csrfToken = csrfTokenFor(exchange)
  const asked = query.toString()
  const texts = textsFor(exchange)
  return pageResponse(
    consentPage({ theme, texts, basePath, csrfToken, email, client: client.name, scopes, request: asked }),
  )
}

async function remember(exchange: Exchange, principal: SessionPrincipal, request: AuthorizationRequest): Promise<void> {
  const { deps } = exchange
  const { userId, sessionId } = principal
  const { client, scopes } = request
  const facts = { userId, sessionId, details: { client: client.id, scope: scopes.join(' ') } }
  const audit = auditRow('consent.given', auditSource(exchange), facts, deps.now())
  await exchange.database.write(giveConsent({ userId, clientId: client.id, scopes }, audit))
}
