import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from 'node:http'
import { connect } from 'node:net'
import { CompactSign, createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { requireIdentity } from '../../../sdk/node/express.ts'
import type { MiddlewareRequest, RequireIdentityOptions } from '../../../sdk/node/express.ts'
import { createVerifier, NotVerified, verifyRequest } from '../../../sdk/node/verify-request.ts'
import type { Identity, NotVerifiedReason, RequestHeaders } from '../../../sdk/node/verify-request.ts'

const AUDIENCE = 'shop'
const HEADER = 'x-portcullis-assertion'

interface SigningKey {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

interface Minting {
  readonly key?: SigningKey
  readonly header?: Readonly<Record<string, unknown>>
  /** Claims set to undefined are left out. */
  readonly claims?: Readonly<Record<string, unknown>>
}

const makeKey = async (kid: string): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

const now = (): number => Math.floor(Date.now() / 1000)

const servers = new Set<Server>()

const listen = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.add(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

const close = async (server: Server): Promise<void> => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

const closeAll = async (): Promise<void> => {
  await Promise.all([...servers].map(close))
  servers.clear()
}

let first: SigningKey
let second: SigningKey

// What the gateway of the current test publishes, and how often it was asked.
let issuer: string
let published: JWK[]
let fetches: string[]
let answer: 'keys' | 'error' | 'html' | 'redirect'

const claimsFor = (overrides: Readonly<Record<string, unknown>> = {}): JWTPayload => {
  const iat = now()
  return {
    iss: issuer,
    aud: AUDIENCE,
    sub: 'acc_1',
    sid: 'ses_1',
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada',
    roles: ['admin', 'staff'],
    amr: ['pwd', 'otp'],
    acr: 'aal2',
    auth_time: iat - 300,
    iat,
    exp: iat + 60,
    jti: 'jti_1',
    ...overrides,
  }
}

const mint = ({ key = first, header = {}, claims = {} }: Minting = {}): Promise<string> =>
  new SignJWT(claimsFor(claims))
    .setProtectedHeader({ alg: 'ES256', typ: 'portcullis-assertion+jwt', kid: key.jwk.kid ?? '', ...header })
    .sign(key.privateKey)

const verify = (token: string): Promise<Identity> => verifyRequest({ [HEADER]: token }, { issuer, audience: AUDIENCE })

const refusalOf = async (attempt: Promise<unknown>): Promise<NotVerified> => {
  const outcome = await attempt.then(
    () => 'accepted',
    (error: unknown) => error,
  )
  if (outcome instanceof NotVerified) return outcome
  throw new Error(`expected a refusal, got ${String(outcome)}`)
}

const expectRefused = async (attempt: Promise<unknown>, reason: NotVerifiedReason): Promise<void> => {
  expect((await refusalOf(attempt)).reason).toBe(reason)
}

const refusedMint = async (minting: Minting, reason: NotVerifiedReason): Promise<void> =>
  expectRefused(verify(await mint(minting)), reason)

const advance = (seconds: number): void => {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

beforeAll(async () => {
  first = await makeKey('k1')
  second = await makeKey('k2')
})

beforeEach(async () => {
  // Only the clock: the sockets of the servers need real timers.
  vi.useFakeTimers({ toFake: ['Date'] })
  published = [first.jwk]
  fetches = []
  answer = 'keys'
  issuer = await listen((request, response) => {
    fetches.push(request.url ?? '')
    if (answer === 'error') response.writeHead(500).end()
    else if (answer === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end()
    else if (answer === 'html') response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: published }))
  })
})

afterEach(async () => {
  vi.useRealTimers()
  await closeAll()
})

describe('an assertion that is in order', () => {
  it('yields every claim of the identity', async () => {
    const issued = now()
    expect(await verify(await mint())).toEqual({
      sub: 'acc_1',
      sid: 'ses_1',
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada',
      roles: ['admin', 'staff'],
      amr: ['pwd', 'otp'],
      acr: 'aal2',
      auth_time: issued - 300,
      iat: issued,
      exp: issued + 60,
      jti: 'jti_1',
    })
  })

  it('yields null, false or an empty list for what the gateway does not know', async () => {
    const absent = { sid: undefined, email: null, email_verified: undefined, name: null, acr: null, amr: undefined }
    const identity = await verify(await mint({ claims: { ...absent, auth_time: undefined } }))
    expect(identity).toMatchObject({ sid: null, email: null, email_verified: false, name: null, acr: null, amr: [] })
    expect(identity.auth_time).toBeNull()
  })

  it('does not carry claims the type does not name', async () => {
    expect(await verify(await mint({ claims: { internal: 'x' } }))).not.toHaveProperty('internal')
  })

  it('is looked up under an issuer written with a trailing slash without doubling the slash', async () => {
    const slashed = `${issuer}/`
    const token = await mint({ claims: { iss: slashed } })
    await verifyRequest({ [HEADER]: token }, { issuer: slashed, audience: AUDIENCE })
    expect(fetches).toEqual(['/.well-known/jwks.json'])
  })
})

describe('where the assertion is read from', () => {
  const accepted = async (headers: RequestHeaders): Promise<void> => {
    expect((await verifyRequest(headers, { issuer, audience: AUDIENCE })).sub).toBe('acc_1')
  }
  const refused = (headers: RequestHeaders, reason: NotVerifiedReason): Promise<void> =>
    expectRefused(verifyRequest(headers, { issuer, audience: AUDIENCE }), reason)

  it('fetch headers are read', async () => accepted(new Headers({ 'X-Portcullis-Assertion': await mint() })))

  it('Node headers are read', async () => {
    const headers: IncomingHttpHeaders = { host: 'shop.internal', [HEADER]: await mint() }
    await accepted(headers)
  })

  it('a list of one value is read', async () => accepted({ [HEADER]: [await mint()] }))

  it('a record that keeps the case of names is read', async () => accepted({ 'X-Portcullis-Assertion': await mint() }))

  it('a request without the header is refused as missing, in both styles', async () => {
    await refused(new Headers(), 'missing')
    await refused({}, 'missing')
    await refused({ [HEADER]: undefined }, 'missing')
    await refused({ [HEADER]: [] }, 'missing')
  })

  it('an empty header is refused as missing', async () => {
    await refused({ [HEADER]: '' }, 'missing')
    await refused(new Headers({ [HEADER]: '  ' }), 'missing')
  })

  it('an assertion in the Authorization header is not looked at', async () =>
    refused({ authorization: `Bearer ${await mint()}` }, 'missing'))

  it('a header sent twice is refused in a list, joined by commas, and in fetch headers', async () => {
    const token = await mint()
    const twice = new Headers({ [HEADER]: token })
    twice.append(HEADER, token)
    await refused({ [HEADER]: [token, token] }, 'duplicate')
    await refused({ [HEADER]: `${token}, ${token}` }, 'duplicate')
    await refused({ [HEADER]: [`${token},`] }, 'duplicate')
    await refused(twice, 'duplicate')
  })

  it('a header sent under two spellings is refused', async () => {
    const token = await mint()
    await refused({ [HEADER]: token, 'X-Portcullis-Assertion': token }, 'duplicate')
  })
})

describe('an assertion is refused', () => {
  it('when it is meant for another origin', () => refusedMint({ claims: { aud: 'wiki' } }, 'wrong-audience'))

  it('when it is meant for several origins, this one included', () =>
    refusedMint({ claims: { aud: [AUDIENCE, 'wiki'] } }, 'wrong-audience'))

  it('when it names no origin', () => refusedMint({ claims: { aud: undefined } }, 'wrong-audience'))

  it('when it comes from another issuer, even signed by the same key', () =>
    refusedMint({ claims: { iss: 'https://other.example' } }, 'wrong-issuer'))

  it('when its issuer differs by a trailing slash', () =>
    refusedMint({ claims: { iss: `${issuer}/` } }, 'wrong-issuer'))

  it('when it names no issuer', () => refusedMint({ claims: { iss: undefined } }, 'wrong-issuer'))

  it('when it is another kind of token of the same gateway', () =>
    refusedMint({ header: { typ: 'JWT' } }, 'wrong-type'))

  it('when it states no type', () => refusedMint({ header: { typ: undefined } }, 'wrong-type'))

  it('when it is signed by a key that is not published', () => refusedMint({ key: second }, 'bad-signature'))

  it('when another key signs under a published key id', () =>
    refusedMint({ key: second, header: { kid: 'k1' } }, 'bad-signature'))

  it('when its claims were changed after signing', async () => {
    const [header, , signature] = (await mint()).split('.')
    const claims = Buffer.from(JSON.stringify(claimsFor({ roles: ['owner'] }))).toString('base64url')
    await expectRefused(verify(`${header}.${claims}.${signature}`), 'bad-signature')
  })

  it('when it is not signed at all', async () => {
    await expectRefused(verify(new UnsecuredJWT(claimsFor()).encode()), 'bad-signature')
  })

  it('when it is signed with HS256 keyed by the public key', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(first.jwk))
    const token = await new SignJWT(claimsFor())
      .setProtectedHeader({ alg: 'HS256', typ: 'portcullis-assertion+jwt', kid: 'k1' })
      .sign(secret)
    await expectRefused(verify(token), 'bad-signature')
    expect(fetches).toEqual([])
  })

  it('when it is signed with another algorithm by a key that is published', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'rsa' }
    published = [first.jwk, jwk]
    await refusedMint({ key: { privateKey, jwk }, header: { alg: 'RS256' } }, 'bad-signature')
  })

  it('when it brings its own key', async () => {
    await refusedMint({ key: second, header: { kid: 'k1', jwk: second.jwk } }, 'bad-signature')
    await refusedMint({ key: second, header: { kid: undefined, jwk: second.jwk } }, 'bad-signature')
  })

  it('when it names no key and several are published', async () => {
    published = [first.jwk, second.jwk]
    await refusedMint({ header: { kid: undefined } }, 'bad-signature')
  })

  it.each(['sub', 'exp', 'iat', 'roles'])('when it has no %s', (claim) =>
    refusedMint({ claims: { [claim]: undefined } }, 'malformed'),
  )

  it('when its subject is empty', () => refusedMint({ claims: { sub: '' } }, 'malformed'))

  it('when a time is beyond all numbers', async () => {
    const claims = JSON.stringify(claimsFor()).replace(/"exp":\d+/, '"exp":1e400')
    const header = { alg: 'ES256', typ: 'portcullis-assertion+jwt', kid: 'k1' }
    const token = await new CompactSign(new TextEncoder().encode(claims))
      .setProtectedHeader(header)
      .sign(first.privateKey)
    await expectRefused(verify(token), 'malformed')
  })

  it('when its roles are a string, in which a shorter role could be found', () =>
    refusedMint({ claims: { roles: 'administrator' } }, 'malformed'))

  it('when a role is not a string', () => refusedMint({ claims: { roles: ['staff', 1] } }, 'malformed'))

  it('when email_verified is the string "false", which is truthy', () =>
    refusedMint({ claims: { email_verified: 'false' } }, 'malformed'))

  it.each(['garbage', 'a.b', 'a.b.c', '..', 'a.b.c.d.e', '{}', 'é.é.é', 'e30.e30.e30'])('when it is %s', (token) =>
    expectRefused(verify(token), 'malformed'),
  )

  it('whichever of its characters is changed, and never with another kind of error', async () => {
    const token = await mint()
    for (let at = 0; at < token.length; at += 1) {
      // A and g differ in the high bits: the low ones of the last character are padding, which decoders ignore.
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'g' : 'A') + token.slice(at + 1)
      expect(['malformed', 'bad-signature']).toContain((await refusalOf(verify(changed))).reason)
    }
  })

  it('without its text, its claims or a part of them reaching the error', async () => {
    const token = await mint({ claims: { aud: 'wiki' } })
    const expired = await mint({ claims: { iat: now() - 600, exp: now() - 540 } })
    for (const each of [token, expired, `${token}x`, `${token},${token}`, token.slice(0, -30)]) {
      const error = await refusalOf(verify(each))
      const shown = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`
      expect(error.cause).toBeUndefined()
      for (const part of [...token.split('.'), ...expired.split('.'), 'ada@example.com', 'wiki']) {
        expect(shown).not.toContain(part)
      }
    }
  })
})

describe('the window of an assertion', () => {
  const issuedAgo = (age: number, lifetime = 60): Minting => {
    const iat = now() - age
    return { claims: { iat, exp: iat + lifetime } }
  }

  it('reaches to the clock tolerance after its expiry, and no further', async () => {
    expect((await verify(await mint(issuedAgo(64)))).sub).toBe('acc_1')
    await refusedMint(issuedAgo(65), 'expired')
  })

  it('is 60 seconds and the tolerance at most, whatever expiry the assertion states', async () => {
    expect((await verify(await mint(issuedAgo(65, 3600)))).sub).toBe('acc_1')
    await refusedMint(issuedAgo(66, 3600), 'expired')
  })

  it('does not begin in the future, beyond the tolerance', async () => {
    expect((await verify(await mint(issuedAgo(-5)))).sub).toBe('acc_1')
    await refusedMint(issuedAgo(-6), 'expired')
  })

  it('ends while the process runs, for an assertion accepted before', async () => {
    const token = await mint()
    await verify(token)
    advance(65)
    await expectRefused(verify(token), 'expired')
  })

  it('can be narrowed by maxAgeS and clockToleranceS', async () => {
    const strict = createVerifier({ issuer, audience: AUDIENCE, maxAgeS: 10, clockToleranceS: 0 })
    expect((await strict({ [HEADER]: await mint(issuedAgo(10)) })).sub).toBe('acc_1')
    await expectRefused(strict({ [HEADER]: await mint(issuedAgo(11)) }), 'expired')
    await expectRefused(strict({ [HEADER]: await mint(issuedAgo(-1)) }), 'expired')
  })

  it('is not taken on trust from times that are not numbers', async () => {
    await refusedMint({ claims: { iat: String(now()) } }, 'malformed')
    await refusedMint({ claims: { exp: null } }, 'malformed')
  })
})

describe('the key set', () => {
  it('is fetched once for many verifications, concurrent or not', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => mint()))
    await Promise.all(tokens.map(verify))
    for (const token of tokens) await verify(token)
    expect(fetches).toEqual(['/.well-known/jwks.json'])
  })

  it('is fetched again when a new key id appears, and the new key accepted', async () => {
    await verify(await mint())
    published = [first.jwk, second.jwk]
    advance(31)
    expect((await verify(await mint({ key: second }))).sub).toBe('acc_1')
    expect((await verify(await mint())).sub).toBe('acc_1')
    expect(fetches).toHaveLength(2)
  })

  it('is not fetched again for each of many invented key ids', async () => {
    await verify(await mint())
    for (let n = 0; n < 20; n += 1) await refusedMint({ header: { kid: `invented-${n}` } }, 'bad-signature')
    expect(fetches).toHaveLength(1)
  })

  it('no longer admits a withdrawn key after five minutes', async () => {
    await verify(await mint())
    published = [second.jwk]
    advance(299)
    await verify(await mint())
    advance(2)
    await refusedMint({}, 'bad-signature')
  })

  it('is fetched from jwksUrl when given', async () => {
    const token = await mint({ claims: { iss: 'https://www.example.com' } })
    const jwksUrl = `${issuer}/internal/keys`
    await verifyRequest({ [HEADER]: token }, { issuer: 'https://www.example.com', audience: AUDIENCE, jwksUrl })
    expect(fetches).toEqual(['/internal/keys'])
  })

  it('is not fetched when keys are given, as a set or as a resolver', async () => {
    const set = { keys: [first.jwk] }
    for (const keys of [set, set, createLocalJWKSet(set)]) {
      const options = { issuer, audience: AUDIENCE, keys }
      expect((await verifyRequest({ [HEADER]: await mint() }, options)).sub).toBe('acc_1')
      await expectRefused(verifyRequest({ [HEADER]: await mint({ key: second }) }, options), 'bad-signature')
    }
    expect(fetches).toEqual([])
  })

  it('is not shared between issuers: the key of one does not verify for another', async () => {
    await verify(await mint())
    const other = await listen((_, response) => response.end(JSON.stringify({ keys: [second.jwk] })))
    const token = await mint({ claims: { iss: other } })
    await expectRefused(verifyRequest({ [HEADER]: token }, { issuer: other, audience: AUDIENCE }), 'bad-signature')
  })

  it('is kept for a bounded number of URLs, the oldest being fetched anew', async () => {
    const token = await mint()
    const at = (n: number) =>
      verifyRequest({ [HEADER]: token }, { issuer, audience: AUDIENCE, jwksUrl: `${issuer}/keys/${n}` })
    for (let n = 0; n <= 16; n += 1) await at(n)
    await at(16)
    expect(fetches).toHaveLength(17)
    await at(0)
    expect(fetches).toHaveLength(18)
  })

  it.each(['error', 'html', 'redirect'] as const)(
    'answered with %s is unreachable, not a bad signature',
    async (bad) => {
      answer = bad
      await refusedMint({}, 'keys-unreachable')
    },
  )

  it('on a server that is down is unreachable, with the failure as cause', async () => {
    const token = await mint()
    await closeAll()
    const error = await refusalOf(verify(token))
    expect(error.reason).toBe('keys-unreachable')
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('that cannot be renewed once stale is unreachable, and works again when the server does', async () => {
    await verify(await mint())
    answer = 'error'
    advance(301)
    await refusedMint({}, 'keys-unreachable')
    answer = 'keys'
    expect((await verify(await mint())).sub).toBe('acc_1')
  })
})

describe('a verifier with unusable options', () => {
  const without = (name: string): Parameters<typeof createVerifier>[0] => ({
    issuer,
    audience: AUDIENCE,
    [name]: undefined,
  })

  it.each(['issuer', 'audience'])('is not made when %s is undefined, as from an unset variable', (name) => {
    expect(() => createVerifier(without(name))).toThrow(TypeError)
  })

  it('is not made when an option is empty, not a duration or not a URL', () => {
    expect(() => createVerifier({ issuer: '', audience: AUDIENCE })).toThrow(TypeError)
    expect(() => createVerifier({ issuer, audience: '' })).toThrow(TypeError)
    expect(() => createVerifier({ issuer, audience: AUDIENCE, maxAgeS: Number.NaN })).toThrow(TypeError)
    expect(() => createVerifier({ issuer, audience: AUDIENCE, clockToleranceS: -1 })).toThrow(TypeError)
    expect(() => createVerifier({ issuer: 'www.example.com', audience: AUDIENCE })).toThrow(TypeError)
  })

  it('makes verifyRequest reject with the same error, and not with a refusal', async () => {
    await expect(verifyRequest({}, without('audience'))).rejects.toThrow(TypeError)
  })

  it('whose resolver returns a key of another kind fails as a fault of the program', async () => {
    const { publicKey } = await generateKeyPair('RS256')
    const attempt = verifyRequest(
      { [HEADER]: await mint() },
      { issuer, audience: AUDIENCE, keys: async () => publicKey },
    )
    await expect(attempt).rejects.toThrow(TypeError)
  })
})

describe('requireIdentity', () => {
  // A bare server in the manner of Connect: whatever works here works under Express.
  const origin = async (options: Partial<RequireIdentityOptions> = {}): Promise<string> => {
    const guard = requireIdentity({ issuer, audience: AUDIENCE, ...options })
    return listen((request: IncomingMessage & MiddlewareRequest, response) => {
      void guard(request, response, (error) => {
        if (error !== undefined) response.statusCode = 500
        response.end(JSON.stringify(request.identity ?? null))
      })
    })
  }

  it('lets a request with an assertion through and sets its identity', async () => {
    const response = await fetch(await origin(), { headers: { [HEADER]: await mint() } })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ sub: 'acc_1', roles: ['admin', 'staff'] })
  })

  it('answers 401 with a challenge, uncached, without the reason, and tells the application the reason', async () => {
    const reasons: NotVerifiedReason[] = []
    const url = await origin({ onRefused: ({ reason }) => reasons.push(reason) })
    const response = await fetch(url)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Portcullis')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({ error: 'not_authenticated' })
    expect(reasons).toEqual(['missing'])
  })

  it('answers 503 with Retry-After when the keys are unreachable', async () => {
    answer = 'error'
    const response = await fetch(await origin(), { headers: { [HEADER]: await mint() } })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await response.json()).toEqual({ error: 'identity_unavailable' })
  })

  it('answers 401 to two header lines on the wire', async () => {
    const token = await mint()
    const { port } = new URL(await origin())
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        const line = `X-Portcullis-Assertion: ${token}\r\n`
        socket.write(`GET / HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n${line}${line}\r\n`)
      })
      socket.once('data', (data) => resolve(data.toString().split('\r\n')[0] ?? ''))
      socket.once('error', reject)
    })
    expect(status).toBe('HTTP/1.1 401 Unauthorized')
  })

  it('passes a fault of the program to next', async () => {
    const fault = new Error('fault')
    const passed: unknown[] = []
    const { publicKey } = await generateKeyPair('RS256')
    const guard = requireIdentity({ issuer, audience: AUDIENCE, keys: async () => publicKey })
    const response = { statusCode: 200, setHeader: () => fault, end: () => fault }
    await guard({ headers: { [HEADER]: await mint() } }, response, (error) => passed.push(error))
    expect(passed).toEqual([expect.any(TypeError)])
    expect(response.statusCode).toBe(200)
  })

  it('does not start without an audience', () => {
    expect(() => requireIdentity({ issuer, audience: '' })).toThrow(TypeError)
  })
})
