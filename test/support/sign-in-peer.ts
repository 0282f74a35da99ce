// An OpenID provider that nobody here wrote, to sign in with: its own pages ask for name and consent.
import { randomBytes } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

export interface SignInPeer {
  readonly issuer: string
  /** As a row of `login.providers`. */
  readonly row: Readonly<Record<string, unknown>>
  /** Once it is known where the gateway is. */
  register(redirectUri: string): void
  stop(): Promise<void>
}

/** Whoever signs in there has their login as address; it is proven unless it begins with `unproven`. */
export async function startSignInPeer(): Promise<SignInPeer> {
  let callback: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined
  const server = createServer((request, response) => {
    callback(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const client = { client_id: 'gateway', client_secret: randomBytes(24).toString('base64url') }
  const pair = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 })
  const key = { ...(await exportJWK(pair.privateKey)), use: 'sig', alg: 'RS256', kid: 'one' }
  return {
    issuer,
    row: {
      kind: 'oidc',
      id: 'peer',
      name: 'The Peer',
      issuer,
      clientId: client.client_id,
      clientSecret: client.client_secret,
    },
    register(redirectUri) {
      const provider = new Provider(issuer, {
        clients: [{ ...client, redirect_uris: [redirectUri], grant_types: ['authorization_code'] }],
        jwks: { keys: [key] },
        cookies: { keys: ['a test'] },
        pkce: { required: () => true },
        claims: { email: ['email', 'email_verified'], profile: ['name'] },
        scopes: ['openid', 'email', 'profile'],
        findAccount: (_, id) => ({
          accountId: id,
          claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unproven'), name: 'Peer Person' }),
        }),
        ttl: { Interaction: 300, Session: 300, Grant: 300, IdToken: 300, AccessToken: 300 },
      })
      callback = provider.callback()
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
