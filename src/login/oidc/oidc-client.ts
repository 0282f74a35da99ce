// Signing in with an OpenID provider: the authorization code flow with PKCE, and an ID token that passes every question.
// Our own few lines over the verification that bearer tokens have: its strict reading, its bounds and its cache of keys are
// the point, and a library would bring a second, laxer set of each.
import { createHash } from 'node:crypto'
import { toBase64 } from '../../kit/base64url.ts'
import { type Result, fail, succeed } from '../../kit/result.ts'
import type { Asking, KeySource } from '../../tokens/key-sets.ts'
import type { JsonObject } from '../../tokens/strict-json.ts'
import { subjectOf } from '../../tokens/token-subject.ts'
import { verifyToken } from '../../tokens/verify-token.ts'
import { askForObject } from './ask.ts'
import { createEndpoints } from './endpoints.ts'
import { faultInIdToken } from './id-token.ts'
import type {
  AttemptFacts,
  OidcEndpoints,
  OidcProvider,
  ProvenIdentity,
  ProviderClient,
  ProviderFault,
} from './provider.ts'

type Answer<Value> = Promise<Result<Value, ProviderFault>>

export function oidcClient(provider: OidcProvider, keys: KeySource, now: () => number): ProviderClient {
  const { rules } = provider
  const findEndpoints = createEndpoints(provider, now)

  async function identify(code: string, attempt: AttemptFacts, asking: Asking): Answer<ProvenIdentity> {
    const endpoints = await findEndpoints()
    if (!endpoints.ok) return endpoints
    const tokens = await redeem(provider, endpoints.value, { code, attempt })
    if (!tokens.ok) return tokens
    const { idToken, accessToken } = tokens.value
    const verdict = await verifyToken(idToken, new Map([[rules.issuer, { rules, keys }]]), asking, now())
    if (verdict.outcome === 'foreign') return fail({ reason: 'ID token: wrong issuer' })
    if (verdict.outcome === 'unknown') return fail({ reason: 'ID token: keys unreachable' })
    if (verdict.outcome === 'refused') return fail({ reason: `ID token: ${verdict.reason}` })
    const fault = faultInIdToken(verdict.claims, rules, attempt, { accessToken, code })
    if (fault !== null) return fail({ reason: `ID token: ${fault}` })
    const claims = await withUserinfo(verdict.claims, endpoints.value, accessToken)
    if (!claims.ok) return claims
    const subject = subjectOf(claims.value, rules, now())
    return subject === null ? fail({ reason: 'ID token: no subject' }) : succeed(subject)
  }

  return {
    provider,
    async authorizationUrl(attempt) {
      const endpoints = await findEndpoints()
      return endpoints.ok ? succeed(authorizationUrl(provider, endpoints.value.authorization, attempt)) : endpoints
    },
    async faultInCallback(query) {
      const endpoints = await findEndpoints()
      if (!endpoints.ok) return endpoints.problem.reason
      const stated = query.get('iss')
      if (stated === null) return endpoints.value.namesIssuer ? 'no issuer named' : null
      return stated === rules.issuer ? null : 'another issuer named'
    },
    identify,
  }
}

function authorizationUrl(provider: OidcProvider, endpoint: string, attempt: AttemptFacts): string {
  const url = new URL(endpoint)
  const parameters = {
    ...provider.hints,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: attempt.redirectUri,
    scope: provider.scopes.join(' '),
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: challengeOf(attempt.verifier),
    code_challenge_method: 'S256',
    ...(attempt.isFresh ? { prompt: 'login', max_age: '0' } : {}),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

async function redeem(
  provider: OidcProvider,
  { token }: OidcEndpoints,
  { code, attempt }: { readonly code: string; readonly attempt: AttemptFacts },
): Answer<{ readonly idToken: string; readonly accessToken: string }> {
  const { clientId, clientSecret, tokenAuth } = provider
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: attempt.redirectUri,
    code_verifier: attempt.verifier,
  })
  if (tokenAuth !== 'basic') body.set('client_id', clientId)
  if (tokenAuth === 'post') body.set('client_secret', clientSecret ?? '')
  const headers = tokenAuth === 'basic' ? { authorization: basic(clientId, clientSecret ?? '') } : {}
  const asked = await askForObject({ about: 'token endpoint', url: token, method: 'POST', headers, body })
  if (!asked.ok) return asked
  const { id_token: idToken, access_token: accessToken, token_type: type } = asked.value
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') return fail({ reason: 'token endpoint: token type' })
  if (typeof idToken !== 'string' || typeof accessToken !== 'string')
    return fail({ reason: 'token endpoint: tokens missing' })
  return succeed({ idToken, accessToken })
}

/** Each half encoded first, so that a colon in it stays one (RFC 6749 §2.3.1). */
function basic(clientId: string, clientSecret: string): string {
  const half = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
  return `Basic ${toBase64(`${half(clientId)}:${half(clientSecret)}`)}`
}

/** Many providers keep the address out of the ID token. What both say, the signed one says. */
async function withUserinfo(claims: JsonObject, { userinfo }: OidcEndpoints, accessToken: string): Answer<JsonObject> {
  if (userinfo === null || claims['email'] !== undefined) return succeed(claims)
  const headers = { authorization: `Bearer ${accessToken}` }
  const asked = await askForObject({ about: 'userinfo', url: userinfo, headers })
  if (!asked.ok) return asked
  // Without this, whoever can swap access tokens can swap people (OpenID Connect Core §5.3.2).
  if (asked.value['sub'] !== claims['sub']) return fail({ reason: 'userinfo: another subject' })
  return succeed({ ...asked.value, ...claims })
}
