// Client libraries that nobody here wrote go the whole way against the gateway, with nothing made easy for them.
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { callback, newClient, tokenLogin } from '../support/oauth.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const signedOut = 'https://app.example/signed-out'

let gateway: TestGateway
let person: Person
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
})
afterAll(() => gateway.stop())

/** Sends the person's browser there, and says where it is sent on to. */
async function follow(url: URL): Promise<URL> {
  const visitor = await signInAgain(gateway, person)
  const answer = await visitor.open(url.href)
  return new URL(answer.headers.get('location') ?? '')
}

describe('openid-client', () => {
  it('discovers, signs in with code and PKCE, refreshes, asks, revokes and signs out', async () => {
    const { id, secret } = await newClient(gateway, { postLogoutRedirectUris: [signedOut] })
    const config = await openid.discovery(new URL(gateway.url), id, undefined, openid.ClientSecretBasic(secret), {
      execute: [openid.allowInsecureRequests],
    })
    const verifier = openid.randomPKCECodeVerifier()
    const [state, nonce] = [openid.randomState(), openid.randomNonce()]
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid profile email',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    const visitor = await signInAgain(gateway, person)
    const back = new URL((await visitor.open(url.href)).headers.get('location') ?? '')
    const tokens = await openid.authorizationCodeGrant(config, back, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    })
    expect(tokens.claims()).toMatchObject({ sub: person.userId, email: person.email, acr: 'aal1', amr: ['pwd'] })
    const info = await openid.fetchUserInfo(config, tokens.access_token, person.userId)
    expect(info).toEqual({ sub: person.userId, name: 'Test Person', email: person.email, email_verified: true })

    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    const facts = await openid.tokenIntrospection(config, next.access_token)
    expect(facts).toMatchObject({ active: true, client_id: id, sub: person.userId, scope: 'openid profile email' })
    await openid.tokenRevocation(config, next.refresh_token ?? '')
    expect(await openid.tokenIntrospection(config, next.access_token)).toEqual({ active: false })
    await expect(openid.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })

    const out = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: signedOut,
      state: 'bye',
    })
    expect((await visitor.open(out.href)).headers.get('location')).toBe(`${signedOut}?state=bye`)
    expect((await visitor.send('GET', '/private')).status).toBe(401)
  })

  it('signs its own assertions instead of sending a secret', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' }
    const { id } = await newClient(gateway, { authMethod: 'private_key_jwt', jwks: { keys: [jwk] } })
    const der = pair.privateKey.export({ type: 'pkcs8', format: 'der' })
    const key = await crypto.subtle.importKey(
      'pkcs8',
      new Uint8Array(der),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    )
    const config = await openid.discovery(
      new URL(gateway.url),
      id,
      undefined,
      openid.PrivateKeyJwt({ key, kid: 'k1' }),
      {
        execute: [openid.allowInsecureRequests],
      },
    )
    const verifier = openid.randomPKCECodeVerifier()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const tokens = await openid.authorizationCodeGrant(config, await follow(url), { pkceCodeVerifier: verifier })
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true, client_id: id })
  })
})

describe('oauth4webapi', () => {
  it('goes the whole way as a public client, by the metadata of RFC 8414', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(gateway.url)
    const { id } = await newClient(gateway, { authMethod: 'none' })
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    const server = await oauth.processDiscoveryResponse(issuer, answer)
    const [client, proof] = [{ client_id: id }, oauth.None()]
    const [verifier, nonce, state] = [
      oauth.generateRandomCodeVerifier(),
      oauth.generateRandomNonce(),
      oauth.generateRandomState(),
    ]
    const url = new URL(server.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      nonce,
      state,
      max_age: '3600',
    }).toString()
    const parameters = oauth.validateAuthResponse(server, client, await follow(url), state)
    const traded = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      proof,
      parameters,
      callback,
      verifier,
      insecure,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, traded, {
      expectedNonce: nonce,
      maxAge: 3600,
      requireIdToken: true,
    })
    // The signature too, which a client may leave to TLS.
    await oauth.validateApplicationLevelSignature(server, traded, insecure)
    const claims = oauth.getValidatedIdTokenClaims(tokens)
    expect(claims).toMatchObject({ sub: person.userId, email: person.email, email_verified: true })
    const info = await oauth.processUserInfoResponse(
      server,
      client,
      person.userId,
      await oauth.userInfoRequest(server, client, tokens.access_token, insecure),
    )
    expect(info).toEqual({ sub: person.userId, email: person.email, email_verified: true })
    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh_token ?? '', insecure),
    )
    const revoked = await oauth.revocationRequest(server, client, proof, refreshed.refresh_token ?? '', insecure)
    expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
    const after = await oauth.userInfoRequest(server, client, refreshed.access_token, insecure)
    await expect(oauth.processUserInfoResponse(server, client, person.userId, after)).rejects.toMatchObject({
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }],
    })
  })
})

describe('a verifier without any JWT library', () => {
  it('finds the key in the published set and the signature right, and wrong after any change', async () => {
    const { access_token: token } = await tokenLogin(newVisitor(gateway), person)
    const [head = '', body = '', signature = ''] = token.split('.')
    const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string; alg: string }
    const { keys } = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
    const jwk = keys.find((key) => key.kid === kid)
    expect([alg, Object.keys(jwk ?? {}).toSorted()]).toEqual(['RS256', ['alg', 'e', 'kid', 'kty', 'n', 'use']])
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    const isSigned = (text: string): boolean =>
      verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64url'))
    expect([isSigned(`${head}.${body}`), isSigned(`${head}.${body.replace(/.$/, '_')}`)]).toEqual([true, false])
  })
})
