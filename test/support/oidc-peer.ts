// A real OpenID provider that nobody here wrote, dressed as the vendors are, and a person who signs in at it.
import { createHash, randomBytes } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

type Claims = Record<string, unknown>

export interface PeerDress {
  /** Below which path it lives; empty for none. */
  readonly mount: string
  readonly keySetPath: string
  /** How its access tokens differ from RFC 9068. */
  readonly accessToken?: (jwt: { header: Claims; payload: Claims }) => void
}

export interface OidcPeer {
  readonly origin: string
  readonly issuer: string
  /** Both tokens of somebody who has just signed in there. */
  signIn(login: string): Promise<{ readonly accessToken: string; readonly idToken: string }>
  /** Another key signs from now on; those before are still published. */
  rotate(): Promise<void>
  stop(): Promise<void>
}

export const peerAudience = 'https://site.example'
const clientId = 'the-app'
const redirectUri = 'http://127.0.0.1/callback'

async function privateKey(): Promise<Claims> {
  const pair = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 })
  return { ...(await exportJWK(pair.privateKey)), use: 'sig', alg: 'RS256', kid: randomBytes(6).toString('hex') }
}

function createProvider(issuer: string, dress: PeerDress, keys: readonly Claims[]): Provider {
  const resource = { audience: peerAudience, scope: 'read', accessTokenTTL: 300, accessTokenFormat: 'jwt' } as const
  return new Provider(issuer, {
    clients: [{ client_id: clientId, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }],
    jwks: { keys: [...keys] },
    cookies: { keys: ['a test'] },
    routes: { jwks: dress.keySetPath },
    scopes: ['openid', 'read'],
    features: {
      resourceIndicators: {
        enabled: true,
        defaultResource: () => peerAudience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ ...resource, jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    formats: {
      customizers: {
        jwt: (_, __, jwt) => {
          // It is changed in place; the header begins as nothing, and what is put there wins over its own.
          const header: Claims = {}
          dress.accessToken?.({ header, payload: jwt.payload })
          Object.assign(jwt, { header })
        },
      },
    },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: { Interaction: 300, Session: 300, Grant: 300, IdToken: 300, AccessToken: 300 },
  })
}

export async function startOidcPeer(dress: PeerDress): Promise<OidcPeer> {
  let provider: Provider
  let callback: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined
  const server = createServer((request, response) => {
    // As a framework would that mounts it there.
    Object.assign(request, { originalUrl: request.url })
    request.url = request.url?.slice(dress.mount.length)
    callback(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const issuer = origin + dress.mount
  const keys: Claims[] = []
  // Another provider knows nothing of the sign-ins under way at the one before, so they end first and new ones wait.
  const underWay = new Set<Promise<unknown>>()
  let turning: Promise<void> = Promise.resolve()
  const rotate = async (): Promise<void> => {
    const key = await privateKey()
    turning = Promise.allSettled(underWay).then(() => {
      // The first signs.
      keys.unshift(key)
      provider = createProvider(issuer, dress, keys)
      callback = provider.callback()
    })
    await turning
  }
  await rotate()
  return {
    origin,
    issuer,
    async signIn(login) {
      await turning
      const tokens = signIn(issuer, login)
      underWay.add(tokens)
      return tokens.finally(() => underWay.delete(tokens))
    },
    rotate,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Authorization code with PKCE, through the provider's own pages. */
async function signIn(issuer: string, login: string): Promise<{ accessToken: string; idToken: string }> {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const jar = new Map<string, string>()
  const call = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const body = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }
    const response = await fetch(url, { redirect: 'manual', headers: { cookie }, ...body })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    return response
  }
  const asked = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid read',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  let next = `${issuer}/auth?${asked.toString()}`
  const answers = [{ prompt: 'login', login, password: 'any' }, { prompt: 'consent' }]
  for (let step = 0; step < 12 && !next.startsWith(redirectUri); step += 1) {
    const page = await call(next)
    const location = page.headers.get('location')
    if (location !== null) next = new URL(location, next).href
    else {
      const form = answers.shift()
      if (form === undefined) throw new Error(`the provider wants more: ${page.status}`)
      next = new URL((await call(next, form)).headers.get('location') ?? '', next).href
    }
  }
  const code = new URL(next).searchParams.get('code') ?? ''
  const token = await call(`${issuer}/token`, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: verifier,
  })
  const { access_token: accessToken, id_token: idToken } = (await token.json()) as Record<string, string>
  if (accessToken === undefined || idToken === undefined) throw new Error(`no tokens: ${token.status}`)
  return { accessToken, idToken }
}
