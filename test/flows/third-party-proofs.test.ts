// Client libraries that nobody here wrote, with keys in place of secrets: they sign their assertions, and their tokens are
// bound to a key of theirs (DPoP) from the first one on. Nothing is made easy for them.
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { callback, claimsOf, newClient } from '../support/oauth.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import type { Visitor } from '../support/visitor.ts'

const signedOut = 'https://app.example/signed-out'
const insecure = { [oauth.allowInsecureRequests]: true }

let gateway: TestGateway
let person: Person
let visitor: Visitor
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
  visitor = await signInAgain(gateway, person)
})
afterAll(() => gateway.stop())

const followed = async (url: URL): Promise<URL> => new URL((await visitor.open(url.href)).headers.get('location') ?? '')

const jwkOf = async ({ publicKey }: CryptoKeyPair, alg: string): Promise<object> => ({
  ...(await crypto.subtle.exportKey('jwk', publicKey)),
  kid: 'mine',
  use: 'sig',
  key_ops: ['verify'],
  alg,
})

describe.each(['RS256', 'PS256', 'ES256'])('oauth4webapi with a key for %s', (alg) => {
  async function start(): Promise<{
    readonly server: oauth.AuthorizationServer
    readonly client: oauth.Client
    readonly proof: oauth.ClientAuth
  }> {
    const pair = await oauth.generateKeyPair(alg, { extractable: true })
    const { id } = await newClient(gateway, {
      authMethod: 'private_key_jwt',
      jwks: { keys: [await jwkOf(pair, alg)] },
      postLogoutRedirectUris: [signedOut],
    })
    const issuer = new URL(gateway.url)
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
    return { server, client: { client_id: id }, proof: oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'mine' }) }
  }

  it('goes the whole way: code, introspection, refresh, revocation and logout', async () => {
    const { server, client, proof } = await start()
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
    const url = new URL(server.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    }).toString()
    const back = oauth.validateAuthResponse(server, client, await followed(url), state)
    const tokens = await oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(server, client, proof, back, callback, verifier, insecure),
    )
    const factsOf = async (token: string): Promise<oauth.IntrospectionResponse> =>
      oauth.processIntrospectionResponse(
        server,
        client,
        await oauth.introspectionRequest(server, client, proof, token, insecure),
      )
    expect(await factsOf(tokens.access_token)).toMatchObject({
      active: true,
      client_id: client.client_id,
      sub: person.userId,
      scope: 'openid email',
    })
    const next = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh_token ?? '', insecure),
    )
    expect((await factsOf(next.refresh_token ?? '')).active).toBe(true)
    const revoked = await oauth.revocationRequest(server, client, proof, next.access_token, insecure)
    expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
    expect(await factsOf(next.access_token)).toEqual({ active: false })

    const leaving = await signInAgain(gateway, person)
    const out = new URL(server.end_session_endpoint ?? '')
    out.search = new URLSearchParams({
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: signedOut,
      state: 'bye',
    }).toString()
    expect((await leaving.open(out.href)).headers.get('location')).toBe(`${signedOut}?state=bye`)
    expect((await leaving.send('GET', '/private')).status).toBe(401)
  })

  it('binds its tokens to a key when it trades the code, and needs it from then on', async () => {
    const { server, client, proof } = await start()
    const handle = oauth.DPoP(client, await oauth.generateKeyPair(alg))
    const bound = { ...insecure, DPoP: handle }
    const verifier = oauth.generateRandomCodeVerifier()
    const url = new URL(server.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: await handle.calculateThumbprint(),
    }).toString()
    const back = oauth.validateAuthResponse(server, client, await followed(url))
    /** As the library's documentation has it: again with the nonce it was told, once. */
    const withNonce = async <Answer>(ask: () => Promise<Response>, read: (answer: Response) => Promise<Answer>) => {
      try {
        return await read(await ask())
      } catch (error) {
        if (!oauth.isDPoPNonceError(error)) throw error
        return read(await ask())
      }
    }
    const tokens = await withNonce(
      () => oauth.authorizationCodeGrantRequest(server, client, proof, back, callback, verifier, bound),
      (answer) => oauth.processAuthorizationCodeResponse(server, client, answer),
    )
    const jkt = await handle.calculateThumbprint()
    expect([tokens.token_type, claimsOf(tokens.access_token)['cnf']]).toEqual(['dpop', { jkt }])
    const next = await withNonce(
      () => oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh_token ?? '', bound),
      (answer) => oauth.processRefreshTokenResponse(server, client, answer),
    )
    expect([next.token_type, claimsOf(next.access_token)['cnf']]).toEqual(['dpop', { jkt }])
    const facts = await oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, proof, next.access_token, insecure),
    )
    expect(facts).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt } })
    const info = await withNonce(
      () => oauth.userInfoRequest(server, client, next.access_token, bound),
      (answer) => oauth.processUserInfoResponse(server, client, person.userId, answer),
    )
    expect(info).toEqual({ sub: person.userId, email: person.email, email_verified: true })
    const site = new URL('/private', gateway.url)
    const opened = await withNonce(
      () => oauth.protectedResourceRequest(next.access_token, 'GET', site, new Headers(), null, bound),
      (answer) => Promise.resolve(answer.status),
    )
    expect(opened).toBe(200)
    // Without the key, or with another: nothing.
    await expect(
      oauth.protectedResourceRequest(next.access_token, 'GET', site, new Headers(), null, insecure),
    ).rejects.toThrow(oauth.WWWAuthenticateChallengeError)
    const others = { ...insecure, DPoP: oauth.DPoP(client, await oauth.generateKeyPair(alg)) }
    await expect(
      withNonce(
        () => oauth.refreshTokenGrantRequest(server, client, proof, next.refresh_token ?? '', others),
        (answer) => oauth.processRefreshTokenResponse(server, client, answer),
      ),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})

describe('openid-client', () => {
  it('binds its tokens to a key, refreshes and uses them, takes them back, and signs out', async () => {
    const { id, secret } = await newClient(gateway, { postLogoutRedirectUris: [signedOut] })
    const config = await openid.discovery(new URL(gateway.url), id, undefined, openid.ClientSecretBasic(secret), {
      execute: [openid.allowInsecureRequests],
    })
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
    const verifier = openid.randomPKCECodeVerifier()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid email',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const checks = { pkceCodeVerifier: verifier }
    const tokens = await openid.authorizationCodeGrant(config, await followed(url), checks, undefined, { DPoP })
    const jkt = await DPoP.calculateThumbprint()
    expect([tokens.token_type, claimsOf(tokens.access_token)['cnf']]).toEqual(['dpop', { jkt }])
    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    const open = async (path: string): Promise<number> =>
      (
        await openid.fetchProtectedResource(
          config,
          next.access_token,
          new URL(path, gateway.url),
          'GET',
          undefined,
          undefined,
          { DPoP },
        )
      ).status
    expect(await open('/private')).toBe(200)
    expect(await openid.fetchUserInfo(config, next.access_token, person.userId, { DPoP })).toMatchObject({
      email: person.email,
    })
    expect(await openid.tokenIntrospection(config, next.access_token)).toMatchObject({ active: true, cnf: { jkt } })
    await openid.tokenRevocation(config, next.refresh_token ?? '')
    expect(await openid.tokenIntrospection(config, next.access_token)).toEqual({ active: false })
    await expect(open('/private')).rejects.toMatchObject({ status: 401 })

    const leaving = await signInAgain(gateway, person)
    const out = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: signedOut,
    })
    expect((await leaving.open(out.href)).headers.get('location')).toBe(signedOut)
    expect((await leaving.send('GET', '/private')).status).toBe(401)
  })
})
