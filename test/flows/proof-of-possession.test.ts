// Tokens bound to a key of the client (DPoP, RFC 9449): worth nothing to whoever has them without the key.
import { exportJWK } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Holder, makeProof, newHolder, nonceOf, tokenHash } from '../support/dpop.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import {
  type TestClient,
  type Tokens,
  authorizePath,
  authorizedTokens,
  basic,
  callback,
  claimsOf,
  newClient,
  newPkce,
  post,
  sentTo,
} from '../support/oauth.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'

let gateway: TestGateway
let person: Person
let client: TestClient
let holder: Holder
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
  client = await newClient(gateway)
  holder = await newHolder()
})
afterAll(() => gateway.stop())

const tokenUrl = (): string => `${gateway.url}/auth/oauth/token`
const infoUrl = (): string => `${gateway.url}/auth/oauth/userinfo`

interface ProofOptions {
  readonly by?: Holder
  readonly header?: Record<string, unknown>
}

const proof = (
  { by = holder, header = {} }: ProofOptions = {},
  claims: Record<string, unknown> = {},
): Promise<string> => makeProof(by, { method: 'POST', url: tokenUrl() }, { header, claims })

async function refreshWith(token: string, dpop: string | null): Promise<Response> {
  const fields = { grant_type: 'refresh_token', refresh_token: token }
  return post(gateway, 'token', fields, { ...basic(client.id, client.secret), ...(dpop === null ? {} : { dpop }) })
}

/** Tokens that are bound from the first on. */
async function boundTokens(): Promise<Tokens> {
  const { verifier, challenge } = newPkce()
  const visitor = await signInAgain(gateway, person)
  const { code = '' } = sentTo(await visitor.open(authorizePath(client.id, { code_challenge: challenge }))).query
  const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }
  const dpop = await proof({}, { nonce: await nonceOf(gateway) })
  const answer = await post(gateway, 'token', fields, { ...basic(client.id, client.secret), dpop })
  if (answer.status !== 200) throw new Error(await answer.text())
  return (await answer.json()) as Tokens
}

async function askInfo(token: string, scheme: string, dpop: string | null): Promise<Response> {
  return fetch(infoUrl(), { headers: { authorization: `${scheme} ${token}`, ...(dpop === null ? {} : { dpop }) } })
}

const infoProof = async (
  token: string,
  options: ProofOptions = {},
  claims: Record<string, unknown> = {},
): Promise<string> =>
  proof(options, { htm: 'GET', htu: infoUrl(), ath: tokenHash(token), nonce: await nonceOf(gateway), ...claims })

describe('openid-client with a key', () => {
  it('gets bound tokens, refreshes and uses them, by the nonces it is given', async () => {
    const config = await openid.discovery(
      new URL(gateway.url),
      client.id,
      undefined,
      openid.ClientSecretBasic(client.secret),
      {
        execute: [openid.allowInsecureRequests],
      },
    )
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
    const verifier = openid.randomPKCECodeVerifier()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const back = (await (await signInAgain(gateway, person)).open(url.href)).headers.get('location') ?? ''
    const tokens = await openid.authorizationCodeGrant(
      config,
      new URL(back),
      { pkceCodeVerifier: verifier },
      undefined,
      { DPoP },
    )
    expect(tokens.token_type).toBe('dpop')
    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    const info = await openid.fetchUserInfo(config, next.access_token, person.userId, { DPoP })
    expect(info.sub).toBe(person.userId)
    const facts = await openid.tokenIntrospection(config, next.access_token)
    expect(facts).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: expect.any(String) as string } })
  })
})

describe('a bound token', () => {
  it('names its key, and is no bearer token', async () => {
    const { access_token: token, token_type: type } = await boundTokens()
    expect([type, claimsOf(token)['cnf']]).toEqual(['DPoP', { jkt: holder.jkt }])
    const answer = await askInfo(token, 'Bearer', null)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'DPoP error="invalid_token", algs="ES256 EdDSA PS256 RS256"',
    ])
    expect((await askInfo(token, 'Bearer', await infoProof(token))).status).toBe(401)
    expect((await askInfo(token, 'DPoP', null)).status).toBe(401)
    expect((await askInfo(token, 'DPoP', await infoProof(token))).status).toBe(200)
  })

  it('is refreshed with its key only, and the theft of it ends nothing', async () => {
    const { refresh_token: token } = await boundTokens()
    const thief = await newHolder()
    for (const dpop of [null, await proof({ by: thief }, { nonce: await nonceOf(gateway) })]) {
      const answer = await refreshWith(token, dpop)
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_grant' }])
    }
    expect((await refreshWith(token, await proof({}, { nonce: await nonceOf(gateway) }))).status).toBe(200)
  })

  it('and a token that is not bound are not taken for one another', async () => {
    const { access_token: token } = await authorizedTokens(gateway, await signInAgain(gateway, person), client)
    expect((await askInfo(token, 'DPoP', await infoProof(token))).status).toBe(401)
    expect((await askInfo(token, 'Bearer', null)).status).toBe(200)
  })
})

describe('a proof', () => {
  it('counts once, of however many at once', async () => {
    const { access_token: token } = await boundTokens()
    const dpop = await infoProof(token)
    const answers = await Promise.all(Array.from({ length: 50 }, () => askInfo(token, 'DPoP', dpop)))
    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    await gateway.workerd.restart()
    expect((await askInfo(token, 'DPoP', dpop)).status).toBe(401)
  })

  it('without the nonce of now is asked for it', async () => {
    const { access_token: token } = await boundTokens()
    for (const nonce of [undefined, 'x', 'A'.repeat(22), 5]) {
      const answer = await askInfo(token, 'DPoP', await infoProof(token, {}, { nonce }))
      expect([
        answer.status,
        answer.headers.get('www-authenticate'),
        /^[\w-]{22}$/.test(answer.headers.get('dpop-nonce') ?? ''),
      ]).toEqual([401, 'DPoP error="use_dpop_nonce", algs="ES256 EdDSA PS256 RS256"', true])
    }
  })

  it.each<[string, ProofOptions, Record<string, unknown>]>([
    ['for another method', {}, { htm: 'POST' }],
    ['for another address', {}, { htu: 'https://other.example/auth/oauth/userinfo' }],
    ['for another path', {}, { htu: 'http://localhost/auth/oauth/token' }],
    ['about another token', {}, { ath: tokenHash('another') }],
    ['about no token', {}, { ath: undefined }],
    ['of two minutes ago', {}, { iat: Math.floor(Date.now() / 1000) - 120 }],
    ['of two minutes hence', {}, { iat: Math.floor(Date.now() / 1000) + 120 }],
    ['without a time', {}, { iat: undefined }],
    ['without an id', {}, { jti: undefined }],
    ['of another type', { header: { typ: 'JWT' } }, {}],
    ['without its key', { header: { jwk: undefined } }, {}],
    ['by a name of a key', { header: { jwk: undefined, kid: 'k' } }, {}],
  ])('%s is refused', async (_, options, claims) => {
    const { access_token: token } = await boundTokens()
    expect((await askInfo(token, 'DPoP', await infoProof(token, options, claims))).status).toBe(401)
  })

  it('by another key, by a key that does not fit its signature, or with its private half shown is refused', async () => {
    const { access_token: token } = await boundTokens()
    const other = await newHolder()
    const shown = { ...holder.jwk, ...(await exportJWK(holder.key)) }
    const proofs = [
      await infoProof(token, { by: other }),
      await infoProof(token, { by: other, header: { jwk: holder.jwk } }),
      await infoProof(token, { header: { jwk: shown } }),
      `${await infoProof(token)}, ${await infoProof(token)}`,
      `${await infoProof(token)}x`,
      'x',
      '',
    ]
    for (const [index, dpop] of proofs.entries())
      expect([index, (await askInfo(token, 'DPoP', dpop)).status]).toEqual([index, 401])
  })
})

describe('an authorization request that names a key', () => {
  /** A code for whoever proves that key, and what else it takes to redeem it. */
  async function codeFor(jkt: string): Promise<Record<string, string>> {
    const { verifier, challenge } = newPkce()
    const visitor = await signInAgain(gateway, person)
    const path = authorizePath(client.id, { code_challenge: challenge, dpop_jkt: jkt })
    const { code = '' } = sentTo(await visitor.open(path)).query
    return { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }
  }

  const redeemBy = async (fields: Record<string, string>, by: Holder | null): Promise<Response> => {
    const headers = by === null ? {} : { dpop: await proof({ by }, { nonce: await nonceOf(gateway) }) }
    return post(gateway, 'token', fields, { ...basic(client.id, client.secret), ...headers })
  }

  it('gets a code that only its holder can redeem, and that others neither spend nor take back', async () => {
    const fields = await codeFor(holder.jkt)
    const thief = await newHolder()
    for (const by of [null, thief]) {
      const answer = await redeemBy(fields, by)
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_grant' }])
    }
    const answer = await redeemBy(fields, holder)
    expect(answer.status).toBe(200)
    const { access_token: token } = (await answer.json()) as Tokens
    expect(claimsOf(token)['cnf']).toEqual({ jkt: holder.jkt })
    expect((await redeemBy(fields, thief)).status).toBe(400)
    expect((await askInfo(token, 'DPoP', await infoProof(token))).status).toBe(200)
    // By its holder a second time it is a replay, and ends what the first gave.
    expect((await redeemBy(fields, holder)).status).toBe(400)
    expect((await askInfo(token, 'DPoP', await infoProof(token))).status).toBe(401)
  })

  it('goes to one of 50 that race for it, and never to the half of them with another key', async () => {
    const fields = await codeFor(holder.jkt)
    const thief = await newHolder()
    const racers = Array.from({ length: 50 }, (_, n) => redeemBy(fields, n % 2 === 0 ? holder : thief))
    const statuses = (await Promise.all(racers)).map(({ status }) => status)
    const winners = statuses.flatMap((status, n) => (status === 200 ? [n] : []))
    // The second of its holder's uses may end what the first is about to get: then there is none.
    expect(winners.length).toBeLessThanOrEqual(1)
    expect(winners.every((n) => n % 2 === 0)).toBe(true)
    expect((await redeemBy(fields, holder)).status).toBe(400)
  })

  it.each(['x', 'x'.repeat(44), `${'x'.repeat(42)}=`, `${'x'.repeat(43)} `])('by %j is refused', async (jkt) => {
    const path = authorizePath(client.id, { code_challenge: newPkce().challenge, dpop_jkt: jkt })
    const { query } = sentTo(await (await signInAgain(gateway, person)).open(path))
    expect([query['error'], query['code']]).toEqual(['invalid_request', undefined])
  })
})
