// An identity provider of its own making, which is honest until it is told to lie: every answer it gives can be made wrong.
// Codes, PKCE, redirect addresses and the client's secret it checks as the standards say.
import { createHash, randomBytes } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { type SigningKey, createSigningKey, inSeconds, signToken } from './issuer.ts'
import type { Visitor } from './visitor.ts'
import { prepared } from './prepared.ts'

type Claims = Readonly<Record<string, unknown>>
type Answer = (response: ServerResponse) => void

/** What an attempt asked for, as its way there says. */
export interface Asked {
  readonly state: string
  readonly nonce: string
  readonly challenge: string
  readonly redirectUri: string
  readonly parameters: URLSearchParams
}

export interface Lies {
  /** Members that are undefined are left out. */
  readonly idToken?: Claims
  readonly header?: Claims
  /** Instead of the token it would sign. */
  readonly token?: (claims: Claims) => Promise<string> | string
  readonly key?: SigningKey
  readonly tokenAnswer?: Answer
  readonly tokenFields?: Claims
  readonly userinfo?: Claims
  readonly userinfoAnswer?: Answer
  readonly discovery?: Claims
  readonly discoveryAnswer?: Answer
  readonly keysAnswer?: Answer
}

interface Grant {
  readonly asked: Asked
  readonly claims: Claims
}

export interface TestProvider {
  readonly url: string
  readonly key: SigningKey
  lies: Lies
  /** What was asked of it, by path. */
  readonly asked: string[]
  readonly clientId: string
  readonly clientSecret: string
  /** Somebody has signed in there: the code that the browser carries back. */
  newCode(asked: Asked, claims: Claims): string
  /** Whom an access token of it is about. */
  stop(): Promise<void>
}

export const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

export const withoutUndefined = (claims: Claims): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))

export async function startProvider(): Promise<TestProvider> {
  const key = await createSigningKey()
  const [codes, tokens] = [new Map<string, Grant>(), new Map<string, Claims>()]
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const provider: TestProvider = {
    url,
    key,
    lies: {},
    asked: [],
    clientId: 'the gateway',
    clientSecret: 'a:secret/with+signs',
    newCode(asked, claims) {
      const code = randomBytes(16).toString('base64url')
      codes.set(code, { asked, claims })
      return code
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', url)
    provider.asked.push(pathname)
    const { lies } = provider
    const answers: Readonly<Record<string, () => Promise<Answer> | Answer>> = {
      '/.well-known/openid-configuration': () => lies.discoveryAnswer ?? json(discovery()),
      '/keys': () => lies.keysAnswer ?? json({ keys: [key.publicJwk] }),
      '/token': async () => lies.tokenAnswer ?? (await redeem(request)),
      '/userinfo': () => lies.userinfoAnswer ?? userinfo(request.headers.authorization),
    }
    const answer = await (answers[pathname]?.() ?? json({}, 404))
    answer(response)
  }

  const discovery = (): Claims =>
    withoutUndefined({
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      userinfo_endpoint: `${url}/userinfo`,
      jwks_uri: `${url}/keys`,
      authorization_response_iss_parameter_supported: true,
      ...provider.lies.discovery,
    })

  function userinfo(authorization = ''): Answer {
    const claims = tokens.get(authorization.replace('Bearer ', ''))
    return claims === undefined ? json({}, 401) : json(withoutUndefined({ ...claims, ...provider.lies.userinfo }))
  }

  async function redeem(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
    const half = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
    const secret = Buffer.from(`${half(provider.clientId)}:${half(provider.clientSecret)}`).toString('base64')
    if (request.headers.authorization !== `Basic ${secret}`) return json({ error: 'invalid_client' }, 401)
    const code = form.get('code') ?? ''
    const grant = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const fits = grant?.asked.challenge === challenge && grant.asked.redirectUri === form.get('redirect_uri')
    if (grant === undefined || !fits) return json({ error: 'invalid_grant' }, 400)
    return json(await tokensFor(grant))
  }

  async function tokensFor({ asked, claims }: Grant): Promise<Claims> {
    const { lies } = provider
    const accessToken = randomBytes(16).toString('base64url')
    tokens.set(accessToken, claims)
    const half = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
    const payload = withoutUndefined({
      iss: url,
      aud: provider.clientId,
      iat: inSeconds(0),
      exp: inSeconds(300),
      nonce: asked.nonce,
      at_hash: half,
      ...claims,
      ...lies.idToken,
    })
    const idToken = await (lies.token?.(payload) ?? signToken(lies.key ?? key, payload, { typ: 'JWT', ...lies.header }))
    return withoutUndefined({ access_token: accessToken, token_type: 'Bearer', id_token: idToken, ...lies.tokenFields })
  }

  return provider
}

/** Follows the button to the provider's door. */
export async function begin(visitor: Visitor, id: string, query = ''): Promise<Asked> {
  const answer = await prepared('starting', 303, () => visitor.open(`/auth/v1/oidc/${id}/start${query}`))
  return askedBy(answer.headers.get('location') ?? '')
}

export function askedBy(location: string): Asked {
  const parameters = new URL(location).searchParams
  const of = (name: string): string => parameters.get(name) ?? ''
  const [state, nonce, challenge, redirectUri] = [of('state'), of('nonce'), of('code_challenge'), of('redirect_uri')]
  return { state, nonce, challenge, redirectUri, parameters }
}

/** Back with what the provider says; parameters that are undefined are left out. */
export function comeBack(
  visitor: Visitor,
  asked: Asked,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<Response> {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return visitor.open(`${new URL(asked.redirectUri).pathname}?${new URLSearchParams(given)}`)
}

/** The whole way, as somebody with these claims. */
export async function signInWith(
  provider: TestProvider,
  visitor: Visitor,
  { id, claims, query }: { readonly id: string; readonly claims: Claims; readonly query?: string },
): Promise<Response> {
  const asked = await begin(visitor, id, query)
  return comeBack(visitor, asked, { code: provider.newCode(asked, claims), state: asked.state, iss: provider.url })
}
