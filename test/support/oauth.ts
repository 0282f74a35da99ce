// A program that asks the gateway for tokens, as the tests play it.
import { createHash, randomBytes } from 'node:crypto'
import { addClient } from '../../tools/cli/clients.ts'
import type { TestGateway } from './gateway.ts'
import { type Visitor, newAddress } from './visitor.ts'
import { prepared } from './prepared.ts'

export interface Tokens {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly refresh_token: string
  readonly scope: string
  readonly id_token?: string
}

/** A form to one of the endpoints of programs. `at` may be another front door. */
export function post(
  gateway: Pick<TestGateway, 'url'>,
  endpoint: 'token' | 'introspect' | 'revoke',
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/auth/oauth/${endpoint}`, {
    method: 'POST',
    headers: { 'cf-connecting-ip': newAddress(), ...headers },
    body: new URLSearchParams(fields),
  })
}

export function refresh(gateway: Pick<TestGateway, 'url'>, token: string): Promise<Response> {
  return post(gateway, 'token', { grant_type: 'refresh_token', refresh_token: token })
}

export const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
})

export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

/** The one that made it knows the verifier. */
export function newPkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export async function tokenLogin(
  visitor: Visitor,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<Tokens & { readonly session: { readonly id: string } }> {
  const answer = await prepared('login', 200, () =>
    visitor.send('POST', '/auth/v1/login', { email, password, mode: 'token' }),
  )
  return (await answer.json()) as Tokens & { session: { id: string } }
}

export const callback = 'https://app.example/callback'

export interface TestClient {
  readonly id: string
  readonly secret: string
}

/** Registered as the command line does it. */
export async function newClient(
  gateway: TestGateway,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<TestClient> {
  const { client, secret } = await addClient(gateway.databaseUrl, {
    id: `client-${randomBytes(6).toString('hex')}`,
    name: 'Test Application',
    isFirstParty: true,
    authMethod: 'client_secret_basic',
    jwks: null,
    redirectUris: [callback],
    postLogoutRedirectUris: [],
    backchannelLogoutUri: null,
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'profile', 'email'],
    ...fields,
  })
  return { id: client.id, secret: secret ?? '' }
}

/** What an application sends a browser to, as a path of the gateway. */
export function authorizePath(clientId: string, fields: Readonly<Record<string, string | null>> = {}): string {
  const all = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid profile email',
    state: 'st',
    code_challenge_method: 'S256',
    ...fields,
  }
  const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null)
  return `/auth/oauth/authorize?${new URLSearchParams(given)}`
}

/** Where an answer sends a browser, and with what. */
export function sentTo(answer: Response): {
  readonly address: string
  readonly query: Readonly<Record<string, string>>
} {
  const url = new URL(answer.headers.get('location') ?? 'about:blank', 'https://gateway.invalid')
  return { address: url.origin + url.pathname, query: Object.fromEntries(url.searchParams) }
}

/** Code and tokens for somebody who is signed in, by a client of the site's own. */
export async function authorizedTokens(
  gateway: TestGateway,
  visitor: Visitor,
  client: TestClient,
  scope = 'openid profile email',
): Promise<Tokens & { readonly code: string; readonly verifier: string }> {
  const { verifier, challenge } = newPkce()
  const answer = await visitor.open(authorizePath(client.id, { code_challenge: challenge, scope }))
  const { code = '' } = sentTo(answer).query
  const traded = await redeem(gateway, client, { code, code_verifier: verifier })
  if (traded.status !== 200) throw new Error(`the token endpoint answered ${traded.status}`)
  return { ...((await traded.json()) as Tokens), code, verifier }
}

export function redeem(
  gateway: Pick<TestGateway, 'url'>,
  client: TestClient,
  fields: Readonly<Record<string, string>>,
): Promise<Response> {
  const all = { grant_type: 'authorization_code', redirect_uri: callback, ...fields }
  return post(gateway, 'token', all, basic(client.id, client.secret))
}
