// Lies of an identity provider, of whoever sits between, and of whoever sends somebody back from there: none lets anybody in,
// none is answered by a fault of ours, and the truth still signs in after each of them.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import {
  type Asked,
  type Lies,
  type TestProvider,
  begin,
  comeBack,
  json,
  signInWith,
  startProvider,
} from '../support/identity-provider.ts'
import { type SigningKey, createSigningKey, inSeconds, signToken } from '../support/issuer.ts'
import { newEmail } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let provider: TestProvider
let other: TestProvider
let stranger: SigningKey
let elliptic: SigningKey
beforeAll(async () => {
  ;[provider, other] = await Promise.all([startProvider(), startProvider()])
  ;[stranger, elliptic] = await Promise.all([createSigningKey(), createSigningKey('ES256')])
  const rowOf = (id: string, { url, clientId, clientSecret }: TestProvider) => ({
    kind: 'oidc',
    id,
    name: id,
    issuer: url,
    clientId,
    clientSecret,
  })
  const login = { providers: [rowOf('one', provider), rowOf('two', other)] }
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, login }) })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([provider.stop(), other.stop()])
})

const someone = () => ({ sub: newEmail(), email: newEmail(), email_verified: true })
const codeOf = (answer: Response): string => `${answer.status} ${answer.headers.get('x-portcullis-response') ?? ''}`
const isIn = async (visitor: Visitor): Promise<boolean> =>
  (await visitor.send('GET', '/auth/v1/session')).status === 200
const truth = (asked: Asked, claims: Readonly<Record<string, unknown>> = someone()) => ({
  code: provider.newCode(asked, claims),
  state: asked.state,
  iss: provider.url,
})

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsigned = (claims: object): string => `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`
/** With the provider's public key as the secret, as a verifier that asks the token for the algorithm would take it. */
function symmetric(claims: object, secret: string): string {
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT', kid: provider.key.publicJwk.kid })}.${encoded(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
const huge = (answer: object) => json({ ...answer, padding: 'x'.repeat(200_000) })
const withoutEmail = { email: undefined, email_verified: undefined }

/** What the provider, or whoever speaks for it, says when the code is redeemed. */
const told: Readonly<Record<string, () => Lies>> = {
  'another issuer': () => ({ idToken: { iss: 'https://accounts.google.com' } }),
  'no issuer': () => ({ idToken: { iss: undefined } }),
  'an issuer with a slash at its end': () => ({ idToken: { iss: `${provider.url}/` } }),
  'another nonce': () => ({ idToken: { nonce: 'another' } }),
  'no nonce': () => ({ idToken: { nonce: undefined } }),
  'a list of nonces': () => ({ idToken: { nonce: ['a', 'b'] } }),
  'another audience': () => ({ idToken: { aud: 'another client' } }),
  'no audience': () => ({ idToken: { aud: undefined } }),
  'a further audience': () => ({ idToken: { aud: [provider.clientId, 'another client'], azp: provider.clientId } }),
  'another authorized party': () => ({ idToken: { azp: 'another client' } }),
  'an expired token': () => ({ idToken: { iat: inSeconds(-900), exp: inSeconds(-120) } }),
  'a token without an end': () => ({ idToken: { exp: undefined } }),
  'a token that never ends': () => ({ idToken: { exp: 4e9 } }),
  'a token of the future': () => ({ idToken: { iat: inSeconds(120) } }),
  'a token not yet valid': () => ({ idToken: { nbf: inSeconds(120) } }),
  'a token without a time of issue': () => ({ idToken: { iat: undefined } }),
  'a token from before the attempt': () => ({ idToken: { iat: inSeconds(-120) } }),
  nobody: () => ({ idToken: { sub: undefined } }),
  'an empty subject': () => ({ idToken: { sub: '' } }),
  'a subject that is a number': () => ({ idToken: { sub: 1 } }),
  'a subject with a line break': () => ({ idToken: { sub: 'a\nb' } }),
  'no signature': () => ({ token: unsigned }),
  'a signature by the public key as a secret': () => ({
    token: (claims) => symmetric(claims, JSON.stringify(provider.key.publicJwk)),
  }),
  'a signature by the client secret': () => ({ token: (claims) => symmetric(claims, provider.clientSecret) }),
  'a signature by a key of somebody else': () => ({ key: stranger }),
  'a signature by a key of somebody else under a known name': () => ({
    token: (claims) => signToken(stranger, claims, { typ: 'JWT', kid: provider.key.publicJwk.kid }),
  }),
  'a signature by another algorithm': () => ({ key: elliptic }),
  'a key that comes with the token': () => ({
    token: (claims) => signToken(stranger, claims, { typ: 'JWT', kid: undefined, jwk: stranger.publicJwk }),
  }),
  'claims changed after signing': () => ({
    token: async (claims) => {
      const [header, , signature] = (await signToken(provider.key, claims, { typ: 'JWT' })).split('.')
      return `${header}.${encoded({ ...claims, sub: 'somebody else' })}.${signature}`
    },
  }),
  'a critical extension': () => ({ header: { crit: ['exp'], exp: 1 } }),
  'a token of an access token': () => ({ idToken: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } }),
  'a hash of another code': () => ({ idToken: { c_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } }),
  'another subject at userinfo': () => ({ idToken: withoutEmail, userinfo: { sub: 'somebody else' } }),
  'no subject at userinfo': () => ({ idToken: withoutEmail, userinfo: { sub: undefined } }),
  'a userinfo that is a page': () => ({
    idToken: withoutEmail,
    userinfoAnswer: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
  }),
  'a userinfo that fails': () => ({ idToken: withoutEmail, userinfoAnswer: json({}, 500) }),
  'a huge userinfo': () => ({ idToken: withoutEmail, userinfoAnswer: huge({}) }),
  'no ID token': () => ({ tokenFields: { id_token: undefined } }),
  'no access token': () => ({ tokenFields: { access_token: undefined } }),
  'an ID token that is none': () => ({ tokenFields: { id_token: 'a.b.c' } }),
  'an ID token that is a list': () => ({ tokenFields: { id_token: ['a'] } }),
  'another kind of token': () => ({ tokenFields: { token_type: 'DPoP' } }),
  'a refusal': () => ({ tokenAnswer: json({ error: 'invalid_grant' }, 400) }),
  'a refusal with status 200': () => ({ tokenAnswer: json({ error: 'invalid_grant' }) }),
  'a fault': () => ({ tokenAnswer: json({}, 503) }),
  'a page': () => ({
    tokenAnswer: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
  }),
  'no JSON': () => ({
    tokenAnswer: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"id_token":'),
  }),
  'one member twice': () => ({
    tokenAnswer: (response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"token_type":"Bearer","token_type":"Bearer","access_token":"a","id_token":"b"}'),
  }),
  'a redirect': () => ({
    tokenAnswer: (response) => response.writeHead(307, { location: `${other.url}/token` }).end(),
  }),
  'a huge answer': () => ({ tokenAnswer: huge({ token_type: 'Bearer', access_token: 'a', id_token: 'b' }) }),
  'half an answer': () => ({
    tokenAnswer: (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
      response.write('{"id_token":')
      setTimeout(() => response.destroy(), 50)
    },
  }),
  'no answer': () => ({ tokenAnswer: () => undefined }),
}

describe('a provider that answers a code with', () => {
  it.each(Object.keys(told))('%s signs nobody in', async (lie) => {
    const visitor = newVisitor(gateway)
    const asked = await begin(visitor, 'one')
    const back = truth(asked)
    provider.lies = told[lie]?.() ?? {}
    try {
      expect(codeOf(await comeBack(visitor, asked, back))).toBe('502 provider_failed')
    } finally {
      provider.lies = {}
    }
    expect(await isIn(visitor)).toBe(false)
    const honest = await signInWith(provider, newVisitor(gateway), { id: 'one', claims: someone() })
    expect(honest.status).toBe(303)
  })

  it('says in the trail what was wrong, and no part of what was answered', async () => {
    const rows = await gateway.sql("select reason, details from audit_events where type = 'provider.failed'")
    expect(rows.map((row) => row['reason'])).toEqual(
      expect.arrayContaining(['ID token: wrong nonce', 'token endpoint: redirect']),
    )
    expect(JSON.stringify(rows)).not.toContain('somebody else')
    expect(gateway.workerd.logs().join('\n')).not.toContain(provider.clientSecret)
  })
})

/** What an answer can say in the browser. Null: the attempt itself is not what it should be. */
const brought: Readonly<Record<string, (visitor: Visitor, asked: Asked) => Promise<Response> | Response>> = {
  'another state': (visitor, asked) => comeBack(visitor, asked, { ...truth(asked), state: 'another' }),
  'no state': (visitor, asked) => comeBack(visitor, asked, { ...truth(asked), state: undefined }),
  'two states': (visitor, asked) => {
    const { code, state, iss } = truth(asked)
    return visitor.open(`/auth/v1/oidc/one/callback?${new URLSearchParams({ code, state, iss })}&state=other`)
  },
  'no code': (visitor, asked) => comeBack(visitor, asked, { ...truth(asked), code: undefined }),
  'two codes': (visitor, asked) => {
    const { code, state, iss } = truth(asked)
    return visitor.open(`/auth/v1/oidc/one/callback?${new URLSearchParams({ code, state, iss })}&code=${code}`)
  },
  'a code that was never given': (visitor, asked) => comeBack(visitor, asked, { ...truth(asked), code: 'never' }),
  'the code of another attempt': async (visitor, asked) => {
    const theirs = await begin(newVisitor(gateway), 'one')
    return comeBack(visitor, asked, { ...truth(asked), code: truth(theirs).code })
  },
  'the state of another browser': async (visitor) => {
    const theirs = await begin(newVisitor(gateway), 'one')
    return comeBack(visitor, theirs, truth(theirs))
  },
  'the issuer of another provider': (visitor, asked) => comeBack(visitor, asked, { ...truth(asked), iss: other.url }),
  'no issuer where the provider always names itself': (visitor, asked) =>
    comeBack(visitor, asked, { ...truth(asked), iss: undefined }),
  'two issuers': (visitor, asked) => {
    const { code, state, iss } = truth(asked)
    return visitor.open(
      `/auth/v1/oidc/one/callback?${new URLSearchParams({ code, state, iss })}&iss=${encodeURIComponent(other.url)}`,
    )
  },
  'the answer of one provider at the door of another': (visitor, asked) => {
    const { code, state } = truth(asked)
    return visitor.open(`/auth/v1/oidc/two/callback?${new URLSearchParams({ code, state, iss: other.url })}`)
  },
  'a refusal of the person': (visitor, asked) =>
    comeBack(visitor, asked, { error: 'access_denied', state: asked.state, iss: provider.url }),
  'an error and a code': (visitor, asked) => comeBack(visitor, asked, { ...truth(asked), error: 'server_error' }),
  'an error with a script in its description': (visitor, asked) =>
    comeBack(visitor, asked, {
      error: 'server_error',
      error_description: '<script>alert(1)</script>',
      state: asked.state,
      iss: provider.url,
    }),
}

describe('somebody who comes back with', () => {
  it.each(Object.entries(brought))('%s is not signed in', async (_, bring) => {
    const visitor = newVisitor(gateway)
    const answer = await bring(visitor, await begin(visitor, 'one'))
    expect([400, 502]).toContain(answer.status)
    expect(await answer.text()).not.toContain('alert(1)')
    expect(await isIn(visitor)).toBe(false)
  })

  it('an answer that was used already is not signed in, nor is whoever copied it', async () => {
    const visitor = newVisitor(gateway)
    const asked = await begin(visitor, 'one')
    const back = truth(asked)
    expect((await comeBack(visitor, asked, back)).status).toBe(303)
    const copier = newVisitor(gateway)
    const pre = visitor.cookies.get('__Host-portcullis-pre') ?? ''
    copier.cookies.set('__Host-portcullis-pre', pre)
    expect(codeOf(await comeBack(copier, asked, back))).toBe('400 sign_in_expired')
    expect(await isIn(copier)).toBe(false)
  })

  it('an answer that took too long is not signed in', async () => {
    const visitor = newVisitor(gateway)
    const asked = await begin(visitor, 'one')
    await gateway.sql("update sign_in_attempts set expires_at = now() - interval '1 second'")
    expect(codeOf(await comeBack(visitor, asked, truth(asked)))).toBe('400 sign_in_expired')
  })

  it('a wish to stop there is told so, kindly, and can go on at once', async () => {
    const visitor = newVisitor(gateway)
    const asked = await begin(visitor, 'one')
    const answer = await comeBack(visitor, asked, { error: 'access_denied', state: asked.state, iss: provider.url })
    expect(codeOf(answer)).toBe('400 sign_in_cancelled')
    expect((await signInWith(provider, visitor, { id: 'one', claims: someone() })).status).toBe(303)
  })
})

/** Two hundred browsers that hold the same cookies: one of them has the attempt. */
describe('one answer', () => {
  it('signs in one of 200 who bring it at the same time, 20 times', async () => {
    for (let round = 0; round < 20; round += 1) {
      const visitor = newVisitor(gateway)
      const asked = await begin(visitor, 'one')
      const back = truth(asked)
      const pre = visitor.cookies.get('__Host-portcullis-pre') ?? ''
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => {
          const racer = newVisitor(gateway)
          racer.cookies.set('__Host-portcullis-pre', pre)
          return comeBack(racer, asked, back)
        }),
      )
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => ![303, 400, 503].includes(status))).toEqual([])
      expect(statuses.filter((status) => status === 303)).toHaveLength(1)
    }
  }, 300_000)
})

describe('a provider that is away', () => {
  it.each([
    ['names another issuer', { issuer: 'https://evil.example' }],
    ['names places without protection', { token_endpoint: 'ftp://127.0.0.1/token' }],
    ['names no place', { authorization_endpoint: undefined }],
  ])('or whose document %s refuses its own button, and nobody else’s', async (_, discovery) => {
    const broken = await startProvider()
    broken.lies = { discovery }
    const { url, clientId, clientSecret } = broken
    const row = { kind: 'oidc', id: 'broken', name: 'Broken', issuer: url, clientId, clientSecret }
    const fine = { ...row, id: 'one', name: 'One', issuer: provider.url }
    const login = { providers: [row, fine] }
    const own = await startGateway({ bundle: bundleWith({ ...shippedConfig, login }) })
    try {
      const answer = await newVisitor(own).open('/auth/v1/oidc/broken/start')
      expect(codeOf(answer)).toBe('502 provider_failed')
      expect((await newVisitor(own).open('/auth/login')).status).toBe(200)
      expect((await signInWith(provider, newVisitor(own), { id: 'one', claims: someone() })).status).toBe(303)
      await broken.stop()
      expect(codeOf(await newVisitor(own).open('/auth/v1/oidc/broken/start'))).toBe('502 provider_failed')
    } finally {
      await own.stop()
    }
  })

  it('is not asked by anybody who comes to a door that is not there', async () => {
    expect((await newVisitor(gateway).open('/auth/v1/oidc/three/start')).status).toBe(404)
    expect((await newVisitor(gateway).open('/auth/v1/oidc/__proto__/start')).status).toBe(404)
  })
})
