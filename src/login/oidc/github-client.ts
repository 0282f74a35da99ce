// Signing in with GitHub, which speaks OAuth without ID tokens: who came is asked of its API, with the token that the code
// was good for. Nothing is signed, so nothing is believed but what came from there over TLS, in answer to our question.
import { z } from 'zod'
import { type Result, fail, succeed } from '../../kit/result.ts'
import { askForJson, askForObject } from './ask.ts'
import { challengeOf } from './oidc-client.ts'
import type { AttemptFacts, GithubProvider, ProvenIdentity, ProviderClient, ProviderFault } from './provider.ts'

const user = z.looseObject({ id: z.number().int().positive(), name: z.string().max(200).nullish() })
const emails = z
  .array(z.looseObject({ email: z.email().max(254), primary: z.boolean(), verified: z.boolean() }))
  .max(1000)

export function githubClient(provider: GithubProvider): ProviderClient {
  const { issuer, clientId } = provider

  async function identify(code: string, attempt: AttemptFacts): Promise<Result<ProvenIdentity, ProviderFault>> {
    const token = await redeem(provider, code, attempt)
    if (!token.ok) return token
    const headers = { authorization: `Bearer ${token.value}`, 'x-github-api-version': '2022-11-28' }
    const askedUser = await askForObject({ about: 'user', url: `${provider.api}/user`, headers })
    if (!askedUser.ok) return askedUser
    const askedEmails = await askForJson({ about: 'emails', url: `${provider.api}/user/emails?per_page=100`, headers })
    if (!askedEmails.ok) return askedEmails
    const [who, addresses] = [user.safeParse(askedUser.value), emails.safeParse(askedEmails.value)]
    if (!who.success) return fail({ reason: 'user: another shape' })
    if (!addresses.success) return fail({ reason: 'emails: another shape' })
    // The one address its owner has chosen; another verified one may be an old employer's by now.
    const primary = addresses.data.find(({ primary: isPrimary, verified }) => isPrimary && verified)
    return succeed({
      // The number: a login name can be given up and taken by somebody else.
      identity: `${issuer}#${who.data.id}`,
      verifiedEmail: primary?.email.toLowerCase() ?? null,
      name: who.data.name ?? null,
    })
  }

  return {
    provider,
    authorizationUrl: async ({ redirectUri, state, verifier, isFresh }) => {
      const url = new URL(`${issuer}/login/oauth/authorize`)
      const parameters = {
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: 'read:user user:email',
        state,
        code_challenge: challengeOf(verifier),
        code_challenge_method: 'S256',
        ...(isFresh ? { prompt: 'select_account' } : {}),
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return succeed(url.href)
    },
    async faultInCallback(query) {
      const stated = query.get('iss')
      return stated === null || stated === `${issuer}/login/oauth` ? null : 'another issuer named'
    },
    identify,
  }
}

/** Its endpoint answers 200 also when it refuses; then there is no token in it. */
async function redeem(
  { issuer, clientId, clientSecret }: GithubProvider,
  code: string,
  { redirectUri, verifier }: AttemptFacts,
): Promise<Result<string, ProviderFault>> {
  const body = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret ?? '',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
  const url = `${issuer}/login/oauth/access_token`
  const asked = await askForObject({ about: 'token endpoint', url, method: 'POST', body })
  if (!asked.ok) return asked
  const { access_token: token, token_type: type } = asked.value
  const isToken = typeof token === 'string' && typeof type === 'string' && type.toLowerCase() === 'bearer'
  return isToken && /^[\x21-\x7e]+$/.test(token) ? succeed(token) : fail({ reason: 'token endpoint: no token' })
}
