// Tokens bound to a key open the site for whoever proves the key, once a proof, and for nobody else (RFC 9449 §7).
import { randomUUID } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Holder, makeProof, newHolder, nonceOf } from '../support/dpop.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, startIssuer } from '../support/issuer.ts'
import { authorizedTokens, callback, newClient, tokenLogin } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { sendRaw } from '../support/raw-http.ts'
import { type RecordingOrigin, startRecordingOrigin, valuesOf } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newAddress, newVisitor } from '../support/visitor.ts'
import { afterwards } from '../support/within.ts'

const challengeOf = (error: string): string => `DPoP error="${error}", algs="ES256 EdDSA PS256 RS256"`

let origin: RecordingOrigin
let issuer: TestIssuer
let trusting: TestIssuer
let gateway: TestGateway
let person: Person
let holder: Holder
/** A token of the gateway itself, bound to the holder's key. */
let bound: string
let unbound: string

beforeAll(async () => {
  origin = await startRecordingOrigin()
  ;[issuer, trusting] = await Promise.all([startIssuer(), startIssuer()])
  const row = ({ url }: TestIssuer, more: object) => ({
    issuer: url,
    jwksUrl: `${url}/keys`,
    audiences: [audience],
    ...more,
  })
  gateway = await startGateway({
    isolates: 2,
    originUrl: origin.url,
    bundle: bundleWith({
      ...shippedConfig,
      issuers: [row(issuer, {}), row(trusting, { forwardToken: true })],
      routes: [{ path: '/named/*', hosts: ['app.example'], require: 'signed-in' }, ...shippedConfig.routes],
    }),
  })
  person = await newPerson(gateway)
  holder = await newHolder()
  unbound = (await tokenLogin(newVisitor(gateway), person)).access_token
  bound = await ownToken(gateway, unbound, { cnf: { jkt: holder.jkt } })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([origin.stop(), issuer.stop(), trusting.stop()])
})

interface Sending {
  readonly by?: Holder
  readonly method?: string
  readonly path?: string
  readonly door?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly visitor?: Visitor
}

/** A request with a token and a good proof of a key. */
async function send(token: string, { by = holder, method = 'GET', path = '/private', ...more }: Sending = {}) {
  const url = `${gateway.urls[more.door ?? 0]}${path}`
  const htu = `${gateway.urls[more.door ?? 0]}${path.split('?', 1)[0]}`
  const dpop = await makeProof(by, { method, url: htu, token, nonce: await nonceOf(gateway) })
  const headers = { authorization: `DPoP ${token}`, dpop, ...more.headers }
  return (more.visitor ?? newVisitor(gateway)).send(method, url, undefined, headers)
}

/** As `send`, by a host that is not where the connection goes. */
async function askFor(host: string, path: string, dpop: string, { door = 0, probe = '' } = {}): Promise<number> {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `host: ${host}`,
    `authorization: DPoP ${bound}`,
    `dpop: ${dpop}`,
    `x-probe: ${probe}`,
  ]
  const address = `cf-connecting-ip: ${newAddress()}`
  const port = Number(new URL(gateway.urls[door] ?? '').port)
  const answer = await sendRaw(port, `${[...lines, address, 'accept: application/json'].join('\r\n')}\r\n\r\n`)
  return answer?.status ?? 0
}

const refusal = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
  answer.headers.get('www-authenticate'),
]

describe('a bound token of the gateway itself', () => {
  it('opens the site with a proof of its key, for any method, and the site sees neither', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const probe = randomUUID()
      const answer = await send(bound, { method, path: `/private?a=${probe}`, headers: { 'x-probe': probe } })
      expect([method, answer.status]).toEqual([method, 200])
      const [received] = origin.of(probe)
      if (received === undefined) throw new Error('the site was not asked')
      expect(valuesOf(received, 'x-auth-user-id')).toEqual([person.userId])
      expect([...valuesOf(received, 'authorization'), ...valuesOf(received, 'dpop')]).toEqual([])
    }
  })

  it('is no bearer token, with and without a proof beside it', async () => {
    const visitor = newVisitor(gateway)
    const dpop = await makeProof(holder, {
      method: 'GET',
      url: `${gateway.url}/private`,
      token: bound,
      nonce: await nonceOf(gateway),
    })
    for (const headers of [{}, { dpop }]) {
      const authorization = `Bearer ${bound}`
      const answer = await visitor.send('GET', '/private', undefined, { authorization, ...headers })
      expect(await refusal(answer)).toEqual([401, 'invalid_token', challengeOf('invalid_token')])
    }
    expect((await send(bound)).status).toBe(200)
  })

  it('without a proof, with another’s, or malformed is refused as RFC 9449 says, each time it comes', async () => {
    const thief = await newHolder()
    for (let round = 0; round < 2; round += 1) {
      const alone = await newVisitor(gateway).send('GET', '/private', undefined, { authorization: `DPoP ${bound}` })
      expect(await refusal(alone)).toEqual([401, 'invalid_token', challengeOf('invalid_dpop_proof')])
      expect(await refusal(await send(bound, { by: thief }))).toEqual([
        401,
        'invalid_token',
        challengeOf('invalid_token'),
      ])
      expect((await send(bound)).status).toBe(200)
    }
    for (const authorization of ['DPoP', 'DPoP a b', 'DPoP x'])
      expect((await newVisitor(gateway).send('GET', '/private', undefined, { authorization })).status).toBe(401)
  })

  it('is asked for the nonce of now, which is no event of the trail; other refusals are', async () => {
    const visitor = newVisitor(gateway)
    const url = `${gateway.url}/private`
    const dpop = await makeProof(holder, { method: 'GET', url, token: bound })
    const asked = await visitor.send('GET', url, undefined, { authorization: `DPoP ${bound}`, dpop })
    expect(await refusal(asked)).toEqual([401, 'invalid_token', challengeOf('use_dpop_nonce')])
    const nonce = asked.headers.get('dpop-nonce') ?? ''
    const again = await makeProof(holder, { method: 'GET', url, token: bound, nonce })
    expect((await visitor.send('GET', url, undefined, { authorization: `DPoP ${bound}`, dpop: again })).status).toBe(
      200,
    )
    expect((await visitor.send('GET', url, undefined, { authorization: `DPoP ${bound}`, dpop: again })).status).toBe(
      401,
    )
    const reasons = async (): Promise<unknown[]> =>
      (
        await gateway.sql("select reason from audit_events where type = 'token.refused' and host(ip) = $1", [
          visitor.ip,
        ])
      ).map(({ reason }) => reason)
    await expect.poll(reasons, { timeout: 10_000 }).toEqual(['proof: used before'])
  })

  it('of somebody who may not go there is told so in its own scheme', async () => {
    const answer = await send(bound, { path: '/admin/x' })
    expect(await refusal(answer)).toEqual([403, 'forbidden', 'DPoP error="insufficient_scope"'])
  })

  it('ends with its session within a second, whatever proofs there are', async () => {
    const { access_token: token, session } = await tokenLogin(newVisitor(gateway), person)
    const mine = await ownToken(gateway, token, { cnf: { jkt: holder.jkt } })
    expect((await send(mine)).status).toBe(200)
    expect((await person.visitor.change('DELETE', `/auth/v1/sessions/${session.id}`)).status).toBe(204)
    expect((await afterwards(1000, () => send(mine))).status).toBe(401)
  })

  it.each([
    ['a certificate', (jkt: string) => ({ 'x5t#S256': jkt })],
    ['a key and a certificate', (jkt: string) => ({ jkt, 'x5t#S256': jkt })],
    ['something that is no thumbprint', () => ({ jkt: 'x' })],
    ['nothing', () => ({})],
    ['null', () => null],
  ])('to %s is good for nobody', async (_, cnf) => {
    const odd = await ownToken(gateway, unbound, { cnf: cnf(holder.jkt) })
    expect((await send(odd)).status).toBe(401)
    const authorization = `Bearer ${odd}`
    expect((await newVisitor(gateway).send('GET', '/private', undefined, { authorization })).status).toBe(401)
  })
})

describe('a token that is bound to no key', () => {
  it('is refused with a proof, and good without', async () => {
    expect(await refusal(await send(unbound))).toEqual([401, 'invalid_token', challengeOf('invalid_token')])
    const authorization = `Bearer ${unbound}`
    expect((await newVisitor(gateway).send('GET', '/private', undefined, { authorization })).status).toBe(200)
    expect(await refusal(await send(unbound))).toEqual([401, 'invalid_token', challengeOf('invalid_token')])
  })
})

describe('a bound token of a trusted issuer', () => {
  it('is judged alike', async () => {
    const token = await issuer.token({ sub: randomUUID(), cnf: { jkt: holder.jkt } })
    expect((await send(token)).status).toBe(200)
    expect((await send(token, { door: 1 })).status).toBe(200)
    const authorization = `Bearer ${token}`
    const bearer = await newVisitor(gateway).send('GET', '/private', undefined, { authorization })
    expect(await refusal(bearer)).toEqual([401, 'invalid_token', challengeOf('invalid_token')])
    expect((await send(token, { by: await newHolder() })).status).toBe(401)
    expect((await send(await issuer.token({ sub: randomUUID() }))).status).toBe(401)
  })

  it('goes on to the site with its proof where its issuer’s tokens do', async () => {
    const token = await trusting.token({ sub: randomUUID(), cnf: { jkt: holder.jkt } })
    const probe = randomUUID()
    expect((await send(token, { headers: { 'x-probe': probe } })).status).toBe(200)
    const [received] = origin.of(probe)
    if (received === undefined) throw new Error('the site was not asked')
    expect(valuesOf(received, 'authorization')).toEqual([`DPoP ${token}`])
    expect(valuesOf(received, 'dpop').length).toBe(1)
  })
})

describe('a public page', () => {
  it('goes to nobody where the proof is wrong, without token and proof', async () => {
    const probe = randomUUID()
    const answer = await send(bound, { by: await newHolder(), path: '/public/x', headers: { 'x-probe': probe } })
    expect(answer.status).toBe(200)
    const [received] = origin.of(probe)
    if (received === undefined) throw new Error('the site was not asked')
    for (const name of ['authorization', 'dpop', 'x-auth-user-id', 'x-portcullis-assertion'])
      expect([name, valuesOf(received, name)]).toEqual([name, []])
  })

  it('of a site with tokens of its own is left its proofs', async () => {
    const probe = randomUUID()
    const sent = { 'x-probe': probe, authorization: 'DPoP opaque', dpop: 'of-the-site' }
    expect((await newVisitor(gateway).send('GET', '/public/x', undefined, sent)).status).toBe(200)
    const [received] = origin.of(probe)
    if (received === undefined) throw new Error('the site was not asked')
    expect([valuesOf(received, 'authorization'), valuesOf(received, 'dpop')]).toEqual([
      ['DPoP opaque'],
      ['of-the-site'],
    ])
  })
})

describe('a proof', () => {
  it('for the site is not one for the gateway’s own endpoints, nor the other way round', async () => {
    const nonce = await nonceOf(gateway)
    const info = `${gateway.url}/auth/oauth/userinfo`
    const headers = (dpop: string) => ({ authorization: `DPoP ${bound}`, dpop })
    const forSite = await makeProof(holder, { method: 'GET', url: `${gateway.url}/private`, token: bound, nonce })
    const forInfo = await makeProof(holder, { method: 'GET', url: info, token: bound, nonce })
    expect((await newVisitor(gateway).send('GET', info, undefined, headers(forSite))).status).toBe(401)
    expect((await newVisitor(gateway).send('GET', '/private', undefined, headers(forInfo))).status).toBe(401)
    // Neither was spent by that.
    expect((await newVisitor(gateway).send('GET', info, undefined, headers(forInfo))).status).toBe(200)
    expect((await newVisitor(gateway).send('GET', '/private', undefined, headers(forSite))).status).toBe(200)
    expect((await newVisitor(gateway).send('GET', info, undefined, headers(forInfo))).status).toBe(401)
  })

  it.each(['ES256', 'EdDSA', 'PS256', 'RS256'])('may be by a key of %s', async (algorithm) => {
    const by = await newHolder(algorithm)
    expect((await send(await ownToken(gateway, unbound, { cnf: { jkt: by.jkt } }), { by })).status).toBe(200)
  })
})

describe('the address in a proof', () => {
  const ask = async (host: string, htu: string, path = '/private'): Promise<number> => {
    const dpop = await makeProof(holder, { method: 'GET', url: htu, token: bound, nonce: await nonceOf(gateway) })
    return askFor(host, path, dpop)
  }

  it('is the one the client asked for, by a host that the settings name', async () => {
    const { host } = new URL(gateway.url)
    expect(await ask(host, `${gateway.url}/private`)).toBe(200)
    expect(await ask('app.example', 'http://app.example/named/x', '/named/x')).toBe(200)
    expect(await ask('app.example', 'http://app.example:80/named/x?a=b#c', '/named/x?d=e')).toBe(200)
    expect(await ask('app.example', `${gateway.url}/named/x`, '/named/x')).toBe(401)
    // Whoever runs another site and is shown a proof for it may send it here under that name.
    expect(await ask('other.example', 'http://other.example/private')).toBe(401)
    expect(await ask('other.example', `${gateway.url}/private`)).toBe(401)
  })
})

describe('two credentials', () => {
  it('of one person are that person, of two are refused', async () => {
    const mine = await signInAgain(gateway, person)
    const { visitor: other } = await newPerson(gateway)
    expect((await send(bound, { visitor: mine })).status).toBe(200)
    expect((await send(bound, { visitor: other })).status).toBe(400)
    const twice = await newVisitor(gateway).send('GET', '/private', undefined, {
      authorization: `DPoP ${bound}, Bearer ${unbound}`,
    })
    expect(twice.status).toBe(400)
  })
})

describe('the token of somebody else’s program', () => {
  it('does not open the site, bound or not; its own endpoint knows it', async () => {
    const client = await newClient(gateway, { isFirstParty: false })
    await person.visitor.change('POST', '/auth/v1/logout')
    const visitor = await signInAgain(gateway, person)
    await gateway.sql('insert into oauth_consents (user_id, client_id, scopes) values ($1, $2, $3)', [
      person.userId,
      client.id,
      ['openid', 'profile', 'email'],
    ])
    const { access_token: token } = await authorizedTokens(gateway, visitor, client)
    const authorization = `Bearer ${token}`
    const refused = await newVisitor(gateway).send('GET', '/private', undefined, { authorization })
    expect([refused.status, refused.headers.get('www-authenticate')?.split(',', 1)[0]]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ])
    const info = await fetch(`${gateway.url}/auth/oauth/userinfo`, { headers: { authorization } })
    expect(info.status).toBe(200)
    const tied = await ownToken(gateway, token, { cnf: { jkt: holder.jkt } })
    expect((await send(tied)).status).toBe(401)
    expect((await send(tied, { path: '/auth/oauth/userinfo' })).status).toBe(200)
  })
})

describe('client libraries nobody here wrote', () => {
  it('openid-client reaches the site by the nonces it is given', async () => {
    const client = await newClient(gateway)
    const options = { execute: [openid.allowInsecureRequests] }
    const authentication = openid.ClientSecretBasic(client.secret)
    const config = await openid.discovery(new URL(gateway.url), client.id, undefined, authentication, options)
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(),
    })
    const back = (await (await signInAgain(gateway, person)).open(url.href)).headers.get('location') ?? ''
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier }, undefined, { DPoP })
    expect(tokens.token_type).toBe('dpop')
    const site = new URL('/private?x=1', gateway.url)
    for (const method of ['GET', 'POST']) {
      const answer = await openid.fetchProtectedResource(config, tokens.access_token, site, method, null, undefined, {
        DPoP,
      })
      expect(answer.status).toBe(200)
    }
  })

  it('oauth4webapi learns the nonce from the site’s own refusal', async () => {
    const keys = await oauth.generateKeyPair('ES256', { extractable: true })
    const jwk = await crypto.subtle.exportKey('jwk', keys.publicKey)
    const token = await ownToken(gateway, unbound, { cnf: { jkt: await calculateJwkThumbprint({ ...jwk }) } })
    const DPoP = oauth.DPoP({}, keys)
    const ask = () =>
      oauth.protectedResourceRequest(token, 'GET', new URL('/private', gateway.url), undefined, null, {
        DPoP,
        [oauth.allowInsecureRequests]: true,
      })
    const error: unknown = await ask().catch((thrown: unknown) => thrown)
    expect(oauth.isDPoPNonceError(error)).toBe(true)
    expect((await ask()).status).toBe(200)
  })
})

// Last: what 199 refusals leave for the trail keeps a slow machine busy for a while.
describe('one proof', () => {
  it('opens the site once, of 200 that race for it by two doors', async () => {
    const dpop = await makeProof(holder, {
      method: 'GET',
      url: `${gateway.url}/private`,
      token: bound,
      nonce: await nonceOf(gateway),
    })
    const host = new URL(gateway.url).host
    const probe = randomUUID()
    // The second door is the same site, so its visitors ask for the same host.
    const racers = Array.from({ length: 200 }, (_, n) => askFor(host, '/private', dpop, { door: n % 2, probe }))
    const statuses = await Promise.all(racers)
    expect(statuses.filter((status) => status === 200).length).toBe(1)
    expect(statuses.filter((status) => status === 401).length).toBe(199)
    expect(origin.of(probe).length).toBe(1)
  })
})
