// Tokens of an OpenID provider that nobody here wrote, as Keycloak, Auth0, Cognito and RFC 9068 dress them.
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type OidcPeer, type PeerDress, peerAudience, startOidcPeer } from '../support/oidc-peer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const dresses: Readonly<Record<string, PeerDress>> = {
  'RFC 9068': { mount: '', keySetPath: '/jwks' },
  Keycloak: {
    mount: '/realms/demo',
    keySetPath: '/protocol/openid-connect/certs',
    accessToken: ({ header, payload }) => {
      header['typ'] = 'JWT'
      Object.assign(payload, { typ: 'Bearer', azp: payload['client_id'], aud: ['account', peerAudience] })
      payload['realm_access'] = { roles: ['offline_access', 'admin'] }
    },
  },
  Auth0: {
    mount: '',
    keySetPath: '/.well-known/jwks.json',
    accessToken: ({ header, payload }) => {
      header['typ'] = 'JWT'
      Object.assign(payload, { azp: payload['client_id'], aud: [peerAudience, `${String(payload['iss'])}/userinfo`] })
      payload['https://site.example/roles'] = ['admin']
    },
  },
  Cognito: {
    mount: '/eu-central-1_Example',
    keySetPath: '/.well-known/jwks.json',
    accessToken: ({ header, payload }) => {
      header['typ'] = undefined
      // Cognito has no `aud`, which this provider insists on.
      Object.assign(payload, {
        aud: 'unused',
        token_use: 'access',
        username: payload['sub'],
        'cognito:groups': ['admin'],
      })
    },
  },
}
const kinds = Object.keys(dresses)

const peers = new Map<string, OidcPeer>()
let gateway: TestGateway

beforeAll(async () => {
  await Promise.all(Object.entries(dresses).map(async ([kind, dress]) => peers.set(kind, await startOidcPeer(dress))))
  const issuerOf = (kind: string): string => peers.get(kind)?.issuer ?? ''
  const issuers = [
    // By discovery.
    { issuer: issuerOf('RFC 9068'), audiences: [peerAudience] },
    { preset: 'keycloak', url: peers.get('Keycloak')?.origin, realm: 'demo', audiences: [peerAudience] },
    {
      issuer: issuerOf('Auth0'),
      jwksUrl: `${issuerOf('Auth0')}/.well-known/jwks.json`,
      audiences: [peerAudience],
      tokenType: { header: 'JWT' },
      claims: { roles: 'https://site.example/roles' },
    },
    {
      issuer: issuerOf('Cognito'),
      jwksUrl: `${issuerOf('Cognito')}/.well-known/jwks.json`,
      audiences: ['the-app'],
      audienceClaim: 'client_id',
      tokenType: { claims: { token_use: 'access' } },
      claims: { roles: 'cognito:groups', name: 'username' },
    },
  ]
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, issuers }) })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([...peers.values()].map((peer) => peer.stop()))
})

const signIn = async (kind: string, login: string): ReturnType<OidcPeer['signIn']> => {
  const peer = peers.get(kind)
  if (peer === undefined) throw new Error('no such peer')
  return peer.signIn(login)
}

const status = async (token: string, path = '/private'): Promise<number> =>
  (await newVisitor(gateway).send('GET', path, undefined, { authorization: `Bearer ${token}` })).status

describe.each(kinds)('a person who signed in at a provider like %s', (kind) => {
  it('is somebody here, the same one each time', async () => {
    const [first, second] = [await signIn(kind, 'ann'), await signIn(kind, 'ann')]
    expect([await status(first.accessToken), await status(second.accessToken)]).toEqual([200, 200])
    const rows = await gateway.sql('select subject from identities where subject like $1', [
      `${peers.get(kind)?.issuer}#%`,
    ])
    expect(rows).toEqual([{ subject: `${peers.get(kind)?.issuer}#ann` }])
  })

  it('has the roles the mapping finds', async () => {
    const { accessToken } = await signIn(kind, 'ann')
    expect(await status(accessToken, '/admin')).toBe(kind === 'RFC 9068' ? 403 : 200)
  })

  it('is nobody by an ID token', async () => {
    const { idToken } = await signIn(kind, 'ann')
    expect(decodeJwt(idToken).sub).toBe('ann')
    expect(await status(idToken)).toBe(401)
  })

  it('stays somebody while the provider changes its keys, by tokens nobody has seen before and by those they had', async () => {
    const before = await signIn(kind, 'ann')
    const over = new AbortController()
    const refused: number[] = []
    /** How many tokens were seen for the first time, by the key that signed them. */
    const seen = new Map<string | undefined, number>()
    const come = async (accessToken: string): Promise<void> => {
      const got = await status(accessToken)
      if (got !== 200) refused.push(got)
    }
    const work = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const { accessToken } = await signIn(kind, 'ann')
        await Promise.all([come(accessToken), come(before.accessToken)])
        const { kid } = decodeProtectedHeader(accessToken)
        seen.set(kid, (seen.get(kid) ?? 0) + 1)
      }
    }
    const oldKey = decodeProtectedHeader(before.accessToken).kid
    const many = { timeout: 25_000, interval: 50 }
    const ofNewKey = (): number => [...seen].reduce((sum, [kid, count]) => (kid === oldKey ? sum : sum + count), 0)
    const running = Array.from({ length: 3 }, work)
    try {
      await expect.poll(() => seen.get(oldKey) ?? 0, many).toBeGreaterThanOrEqual(5)
      await peers.get(kind)?.rotate()
      await expect.poll(ofNewKey, many).toBeGreaterThanOrEqual(5)
    } finally {
      over.abort()
      await Promise.all(running)
    }
    expect(refused).toEqual([])
    expect(seen.size).toBe(2)
  })
})
