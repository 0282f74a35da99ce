// The endpoints that programs call: who may, what they are told, and that nothing of it depends on a cookie.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import {
  type TestClient,
  type Tokens,
  authorizedTokens,
  basic,
  claimsOf,
  newClient,
  post,
  refresh,
  tokenLogin,
} from '../support/oauth.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let person: Person
let service: TestClient
let foreign: TestClient
beforeAll(async () => {
  gateway = await startGateway({ isolates: 2 })
  person = await newPerson(gateway)
  service = await newClient(gateway)
  foreign = await newClient(gateway, { isFirstParty: false })
})
afterAll(() => gateway.stop())

const introspect = (token: string, by: TestClient = service, url = gateway.url): Promise<Response> =>
  post({ url }, 'introspect', { token }, basic(by.id, by.secret))
const isActive = async (token: string, url = gateway.url): Promise<unknown> =>
  ((await (await introspect(token, service, url)).json()) as { active: boolean }).active
const errorOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { error: string }).error,
]
const signIn = () => tokenLogin(newVisitor(gateway), person)

describe('introspection', () => {
  it('tells a service of the site what an access token says, without what is nobody’s business', async () => {
    const { access_token: token, session } = await signIn()
    const answer = await introspect(token)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const facts = (await answer.json()) as Record<string, unknown>
    expect(facts).toMatchObject({
      active: true,
      token_type: 'Bearer',
      iss: gateway.url,
      sub: person.userId,
      sid: session.id,
      client_id: 'portcullis',
      acr: 'aal1',
    })
    expect(facts).not.toHaveProperty('shard')
  })

  it('says of everything else only that it is not active', async () => {
    const { access_token: token } = await signIn()
    const [head = '', body = '', signature = ''] = token.split('.')
    const { cookies } = await signInAgain(gateway, person)
    const idToken = (await authorizedTokens(gateway, person.visitor, service)).id_token ?? ''
    const others = [
      'x',
      '..',
      `${head}.${body}.`,
      `${head}.${body}.${signature}A`,
      `${head}.${body}.${signature}=`,
      `${token}.`,
      `.${token}`,
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`,
      `${head}.${Buffer.from(JSON.stringify({ ...claimsOf(token), sub: randomUUID() })).toString('base64url')}.${signature}`,
      idToken,
      cookies.get('__Host-portcullis') ?? '',
      'a'.repeat(20_000),
    ]
    for (const [index, other] of others.entries()) {
      const answer = await introspect(other)
      expect([index, answer.status, await answer.json()]).toEqual([index, 200, { active: false }])
    }
  })

  it('tells others about their own tokens only, and nobody who proves nothing', async () => {
    const { access_token: token, refresh_token: refreshToken } = await signIn()
    expect(await (await introspect(token, foreign)).json()).toEqual({ active: false })
    expect(await (await introspect(refreshToken, foreign)).json()).toEqual({ active: false })
    const open = await newClient(gateway, { authMethod: 'none' })
    expect(await errorOf(await post(gateway, 'introspect', { token, client_id: open.id }))).toEqual([
      401,
      'invalid_client',
    ])
    expect(await errorOf(await post(gateway, 'introspect', { token }))).toEqual([401, 'invalid_client'])
  })

  it('knows the refresh token at hand from the one before', async () => {
    const tokens = await authorizedTokens(gateway, await signInAgain(gateway, person), service)
    expect(await (await introspect(tokens.refresh_token)).json()).toMatchObject({
      active: true,
      client_id: service.id,
      sub: person.userId,
      scope: 'openid profile email',
    })
    const grant = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    const next = (await (await post(gateway, 'token', grant, basic(service.id, service.secret))).json()) as Tokens
    expect([await isActive(tokens.refresh_token), await isActive(next.refresh_token)]).toEqual([false, true])
  })
})

describe('a token that is taken back', () => {
  it.each(['access_token', 'refresh_token'] as const)(
    'by its %s is over in every isolate within a second',
    async (kind) => {
      const tokens = await signIn()
      const [, second = ''] = gateway.urls
      expect([await isActive(tokens.access_token), await isActive(tokens.access_token, second)]).toEqual([true, true])
      const fields = { token: tokens[kind], client_id: 'portcullis' }
      expect((await post(gateway, 'revoke', fields)).status).toBe(200)
      const at = performance.now()
      expect(await isActive(tokens.access_token, second)).toBe(false)
      expect(performance.now() - at).toBeLessThan(1000)
      expect(await errorOf(await refresh(gateway, tokens.refresh_token))).toEqual([400, 'invalid_grant'])
      const [row] = await gateway.sql('select end_reason from sessions where id = $1', [tokens.session.id])
      expect(row).toEqual({ end_reason: 'token revoked' })
    },
  )

  it('is taken back by its own client only, and what is no token is as revoked as can be', async () => {
    const { access_token: token, refresh_token: refreshToken } = await signIn()
    for (const text of [token, refreshToken])
      expect(await errorOf(await post(gateway, 'revoke', { token: text }, basic(foreign.id, foreign.secret)))).toEqual([
        400,
        'unauthorized_client',
      ])
    expect(await isActive(token)).toBe(true)
    expect((await post(gateway, 'revoke', { token: 'nothing', client_id: 'portcullis' })).status).toBe(200)
  })
})

describe('a client', () => {
  const grant = { grant_type: 'refresh_token', refresh_token: 'prt.x' }

  it.each([
    ['a wrong secret', () => basic(service.id, 'wrong')],
    ['another client’s secret', () => basic(service.id, foreign.secret)],
    ['no such id', () => basic('nobody', service.secret)],
    ['an empty secret', () => basic(service.id, '')],
    ['no colon', () => ({ authorization: `Basic ${Buffer.from('x').toString('base64')}` })],
    ['no base64', () => ({ authorization: 'Basic ****' })],
    ['another scheme', () => ({ authorization: `Bearer ${service.secret}` })],
    ['a broken escape', () => ({ authorization: `Basic ${Buffer.from('%E0%:x').toString('base64')}` })],
  ])('with %s is refused, and told which scheme would be right', async (_, headers) => {
    const answer = await post(gateway, 'token', grant, headers())
    const challenge = answer.headers.get('www-authenticate')
    expect([...(await errorOf(answer)), challenge === null || challenge.startsWith('Basic ')]).toEqual([
      401,
      'invalid_client',
      true,
    ])
  })

  it('proves itself in the way it is registered for, in one way, and not in the body', async () => {
    const open = await newClient(gateway, { authMethod: 'none' })
    const cases: readonly (readonly [Record<string, string>, Record<string, string>, string])[] = [
      [{ client_id: service.id }, {}, 'invalid_client'],
      [{ client_id: service.id, client_secret: service.secret }, {}, 'invalid_client'],
      [{ client_id: open.id }, basic(open.id, 'x'), 'invalid_client'],
      [{ client_id: foreign.id }, basic(service.id, service.secret), 'invalid_request'],
      [{ client_secret: service.secret }, basic(service.id, service.secret), 'invalid_request'],
    ]
    for (const [fields, headers, error] of cases)
      expect((await errorOf(await post(gateway, 'token', { ...grant, ...fields }, headers)))[1]).toBe(error)
  })

  it('sends a form of single parameters, and hears in OAuth’s form what is wrong', async () => {
    const headers = basic(service.id, service.secret)
    const send = (body: string, type = 'application/x-www-form-urlencoded') =>
      fetch(`${gateway.url}/auth/oauth/token`, { method: 'POST', headers: { ...headers, 'content-type': type }, body })
    expect(await errorOf(await send('grant_type=refresh_token&grant_type=refresh_token&refresh_token=x'))).toEqual([
      400,
      'invalid_request',
    ])
    expect(await errorOf(await send('{"grant_type":"refresh_token"}', 'application/json'))).toEqual([
      400,
      'invalid_request',
    ])
    expect(await errorOf(await send('grant_type=password&username=a&password=b'))).toEqual([
      400,
      'unsupported_grant_type',
    ])
    expect(await errorOf(await send('grant_type=toString'))).toEqual([400, 'unsupported_grant_type'])
    expect(await errorOf(await send('grant_type='))).toEqual([400, 'invalid_request'])
    expect(await errorOf(await send('grant_type=refresh_token'))).toEqual([400, 'invalid_request'])
    const limited = await newClient(gateway, { grantTypes: ['authorization_code'] })
    expect(await errorOf(await post(gateway, 'token', grant, basic(limited.id, limited.secret)))).toEqual([
      400,
      'unauthorized_client',
    ])
    expect((await authorizedTokens(gateway, person.visitor, limited)).refresh_token).toBeUndefined()
  })

  it('gets nothing by another client’s refresh token, which stays good', async () => {
    const tokens = await authorizedTokens(gateway, await signInAgain(gateway, person), service)
    const theirs = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    for (const headers of [basic(foreign.id, foreign.secret), {}])
      expect(await errorOf(await post(gateway, 'token', theirs, headers))).toEqual([400, 'invalid_grant'])
    expect((await post(gateway, 'token', theirs, basic(service.id, service.secret))).status).toBe(200)
  })

  it('may ask for less than it was granted, never for more', async () => {
    const tokens = await authorizedTokens(gateway, await signInAgain(gateway, person), service)
    const again = (token: string, scope: string) =>
      post(
        gateway,
        'token',
        { grant_type: 'refresh_token', refresh_token: token, scope },
        basic(service.id, service.secret),
      )
    const less = (await (await again(tokens.refresh_token, 'openid')).json()) as Tokens
    expect([less.scope, claimsOf(less.access_token)['scope']]).toEqual(['openid', 'openid'])
    expect(await errorOf(await again(less.refresh_token, 'openid roles'))).toEqual([400, 'invalid_scope'])
  })
})

describe('an assertion of a client', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let client: TestClient
  beforeAll(async () => {
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }
    client = await newClient(gateway, { authMethod: 'private_key_jwt', jwks: { keys: [jwk] } })
  })

  const send = async (
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    key: Parameters<SignJWT['sign']>[0] = pair.privateKey,
  ) => {
    const now = Math.floor(Date.now() / 1000)
    const all = {
      iss: client.id,
      sub: client.id,
      aud: gateway.url,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
      ...claims,
    }
    const assertion = await new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'k', ...header }).sign(key)
    return { assertion, answer: await sendAssertion(assertion) }
  }
  const sendAssertion = (assertion: string) =>
    post(gateway, 'revoke', {
      token: 'x',
      client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })

  it('authenticates once', async () => {
    const { assertion, answer } = await send()
    expect(answer.status).toBe(200)
    expect(await errorOf(await sendAssertion(assertion))).toEqual([401, 'invalid_client'])
  })

  it('counts once when 50 come at once', async () => {
    const now = Math.floor(Date.now() / 1000)
    const assertion = await new SignJWT({ iss: client.id, sub: client.id, aud: gateway.url, jti: 'one', exp: now + 60 })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .sign(pair.privateKey)
    const answers = await Promise.all(Array.from({ length: 50 }, () => sendAssertion(assertion)))
    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
  })

  it.each<[string, Record<string, unknown>]>([
    ['for somebody else', { aud: 'https://other.example' }],
    ['of somebody else', { iss: 'other' }],
    ['about somebody else', { sub: 'other' }],
    ['that has expired', { exp: Math.floor(Date.now() / 1000) - 31 }],
    ['without an end', { exp: undefined }],
    ['that is good for a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }],
    ['without an id', { jti: undefined }],
    ['with a number for an id', { jti: 5 }],
  ])('%s is refused', async (_, claims) => {
    expect(await errorOf((await send(claims)).answer)).toEqual([401, 'invalid_client'])
  })

  it('signed by another key, or with the public key as a shared secret, is refused', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    expect((await send({}, {}, other)).answer.status).toBe(401)
    const secret = Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' }))
    expect((await send({}, { alg: 'HS256' }, new Uint8Array(secret))).answer.status).toBe(401)
  })
})

describe('userinfo', () => {
  const ask = (headers: Record<string, string>, method = 'GET') =>
    fetch(`${gateway.url}/auth/oauth/userinfo`, { method, headers })

  it('says who the token is about, by GET and POST, and what is wrong with any other', async () => {
    const { access_token: token } = await signIn()
    for (const method of ['GET', 'POST']) {
      const answer = await ask({ authorization: `Bearer ${token}` }, method)
      expect(await answer.json()).toEqual({
        sub: person.userId,
        name: 'Test Person',
        email: person.email,
        email_verified: true,
      })
    }
    // RFC 6750 §3.1: no error for whoever sent nothing.
    expect((await ask({})).headers.get('www-authenticate')).toBe('Bearer')
    const { cookies } = person.visitor
    expect((await ask({ cookie: `__Host-portcullis=${cookies.get('__Host-portcullis')}` })).status).toBe(401)
    for (const authorization of ['Bearer x', `Basic ${token}`, `Bearer ${token} x`, 'Bearer', `Bearer ${token}.`]) {
      const answer = await ask({ authorization })
      expect([authorization, answer.status, answer.headers.get('www-authenticate')]).toEqual([
        authorization,
        401,
        'Bearer error="invalid_token", error_description="The access token is not accepted"',
      ])
    }
  })

  it('needs the scope of OpenID', async () => {
    const plain = await newClient(gateway, { scopes: ['email'] })
    const { access_token: token, id_token: idToken } = await authorizedTokens(gateway, person.visitor, plain, 'email')
    expect(idToken).toBeUndefined()
    const answer = await ask({ authorization: `Bearer ${token}` })
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="openid"',
    ])
  })

  it('may be asked by scripts of any origin, which no cookie helps', async () => {
    const { access_token: token } = await signIn()
    const preflight = await fetch(`${gateway.url}/auth/oauth/token`, {
      method: 'OPTIONS',
      headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    const answer = await ask(
      { authorization: `Bearer ${token}`, origin: 'https://spa.example', 'sec-fetch-site': 'cross-site' },
      'POST',
    )
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
  })
})

describe('discovery', () => {
  it('names endpoints that are there, the same at both addresses', async () => {
    const read = async (path: string) => (await (await fetch(gateway.url + path)).json()) as Record<string, unknown>
    const document = await read('/.well-known/openid-configuration')
    expect(await read('/.well-known/oauth-authorization-server')).toEqual(document)
    expect(document['issuer']).toBe(gateway.url)
    const addresses = Object.entries(document).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
    expect(addresses.length).toBe(7)
    for (const [name, address] of addresses) {
      const posted = /token|introspection|revocation/.test(name)
      const { status } = await fetch(String(address), { method: posted ? 'POST' : 'GET', redirect: 'manual' })
      expect([name, [200, 400, 401].includes(status)]).toEqual([name, true])
    }
  })
})

describe('a gateway without TOKEN_KEYS', () => {
  it('says that it issues no tokens, and leaves the addresses of metadata to the site', async () => {
    const { TOKEN_KEYS: _, ...bindings } = gateway.bindings
    await gateway.workerd.restart({ bindings })
    try {
      const visitor = newVisitor(gateway)
      const login = await visitor.send('POST', '/auth/v1/login', {
        email: person.email,
        password: person.password,
        mode: 'token',
      })
      expect([login.status, await login.json()]).toMatchObject([
        422,
        { fields: [{ path: 'mode', reason: 'no tokens are issued here: TOKEN_KEYS is not set' }] },
      ])
      const endpoint = await fetch(`${gateway.url}/auth/oauth/token`, { method: 'POST' })
      expect([endpoint.status, await endpoint.json()]).toMatchObject([501, { code: 'tokens_off' }])
      const metadata = await visitor.send('GET', '/.well-known/openid-configuration')
      expect([metadata.status, metadata.headers.get('x-portcullis-response')]).toEqual([401, 'unauthenticated'])
      expect((await signInAgain(gateway, person)).cookies.has('__Host-portcullis')).toBe(true)
    } finally {
      await gateway.workerd.restart({ bindings: gateway.bindings })
    }
  })
})

describe('a client that asks in a loop', () => {
  it('is told to wait, and no other one; and nobody uses up what it may by saying its name', async () => {
    const limits = { rules: { 'oauth-client': { limit: 20 } } }
    const own = await startGateway({ bundle: bundleWith({ ...shippedConfig, limits }) })
    try {
      const [busy, other, open] = [
        await newClient(own),
        await newClient(own),
        await newClient(own, { authMethod: 'none' }),
      ]
      const ask = async (by: TestClient, secret = by.secret): Promise<number> => {
        const answer = await post(own, 'introspect', { token: 'x' }, basic(by.id, secret))
        return answer.status
      }
      for (let count = 0; count < 30; count += 1) expect(await ask(busy, 'a wrong one')).toBe(401)
      const found = await Promise.all(Array.from({ length: 40 }, () => ask(busy)))
      expect(found.toSorted((a, b) => a - b)).toEqual([...Array<number>(20).fill(200), ...Array<number>(20).fill(429)])
      const refused = await post(own, 'introspect', { token: 'x' }, basic(busy.id, busy.secret))
      expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([429, '"oauth-client";q=20;w=60'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await ask(other)).toBe(200)
      for (let count = 0; count < 30; count += 1) {
        const answer = await post(own, 'token', { grant_type: 'refresh_token', refresh_token: 'x', client_id: open.id })
        expect(answer.status).toBe(400)
      }
    } finally {
      await own.stop()
    }
  })
})
