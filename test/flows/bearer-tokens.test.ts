// Programs and apps come with tokens of issuers the site trusts, and are somebody.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyRequest } from '../../sdk/node/verify-request.ts'
import { createNeonDatabase } from '../../src/db/neon.ts'
import { createExternalUsers } from '../../src/users/external-users.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, createSigningKey, inSeconds, signToken, startIssuer } from '../support/issuer.ts'
import { goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { sendRaw } from '../support/raw-http.ts'
import { type RecordingOrigin, startRecordingOrigin, valuesOf } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

let issuer: TestIssuer
let closed: TestIssuer
let discovered: TestIssuer
let others: TestIssuer[]
let origin: RecordingOrigin
let gateway: TestGateway

beforeAll(async () => {
  ;[issuer, closed, discovered, origin] = await Promise.all([
    startIssuer(),
    startIssuer(),
    startIssuer(),
    startRecordingOrigin(),
  ])
  others = await Promise.all(['ES256', 'EdDSA', 'PS256'].map(startIssuer))
  const keys = (at: TestIssuer): object => ({ issuer: at.url, jwksUrl: `${at.url}/keys`, audiences: [audience] })
  const issuers = [
    { ...keys(issuer), claims: { roles: 'groups' } },
    { ...keys(closed), unknownUsers: 'refuse', forwardToken: true },
    ...others.map((other) => ({ ...keys(other), algorithms: [other.keys[0]?.algorithm] })),
    // Found by discovery, and trusted to say who somebody is but not whose mailbox is whose.
    { issuer: discovered.url, audiences: [audience], linkVerifiedEmail: false },
  ]
  gateway = await startGateway({
    isolates: 2,
    originUrl: origin.url,
    bundle: bundleWith({ ...shippedConfig, issuers }),
  })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer, closed, discovered, ...others, origin].map((one) => one.stop()))
})

const send = (token: string, path = '/private', headers: Record<string, string> = {}): Promise<Response> =>
  newVisitor(gateway).send('GET', path, undefined, { authorization: `Bearer ${token}`, ...headers })

const newSubject = (): string => `user|${randomUUID()}`

describe('a token of a trusted issuer', () => {
  it('has one limit for the API, on whatever continents its holder appears', async () => {
    const token = await issuer.token({ sub: newSubject() })
    const from = (door: number): Promise<Response> => {
      const headers = { authorization: `Bearer ${token}`, 'test-cf': JSON.stringify({ continent: ['EU', 'AS'][door] }) }
      return newVisitor(gateway).send('GET', `${gateway.urls[door]}/api/x`, undefined, headers)
    }
    const found: number[] = []
    for (let group = 0; group < 8; group += 1)
      found.push(...(await Promise.all(Array.from({ length: 20 }, () => from(group % 2)))).map(({ status }) => status))
    const passed = found.filter((status) => status !== 429).length
    expect(passed).toBeLessThanOrEqual(100)
    expect(passed).toBeGreaterThanOrEqual(95)
  })

  it('makes its holder somebody, whom the origin can verify', async () => {
    const probe = randomUUID()
    const sub = newSubject()
    const token = await issuer.token({
      sub,
      email: `${probe}@Example.com`,
      email_verified: true,
      name: 'Ann Example',
      groups: ['editor', 'editor', 'reader'],
      amr: ['pwd', 'mfa'],
      auth_time: inSeconds(-60),
    })
    const answer = await send(token, '/private', { 'x-probe': probe })
    expect(answer.status).toBe(200)
    const [received] = origin.of(probe)
    const assertion = received === undefined ? '' : (valuesOf(received, 'x-portcullis-assertion')[0] ?? '')
    const identity = await verifyRequest(
      { 'x-portcullis-assertion': assertion },
      { issuer: gateway.url, audience: 'site' },
    )
    const [row] = await gateway.sql(
      'select u.id, u.email from users u join identities i on i.user_id = u.id where i.subject = $1',
      [`${issuer.url}#${sub}`],
    )
    expect(identity).toMatchObject({
      sub: row?.['id'],
      sid: null,
      email: `${probe}@example.com`,
      email_verified: true,
      name: 'Ann Example',
      roles: ['editor', 'reader'],
      amr: ['pwd', 'mfa'],
      acr: 'aal2',
    })
    expect(received === undefined ? null : valuesOf(received, 'x-auth-roles')).toEqual(['editor,reader'])
  })

  it.each([0, 1, 2])('counts under each algorithm its issuer is trusted for (%i)', async (at) => {
    expect((await send((await others[at]?.token()) ?? '')).status).toBe(200)
  })

  it('counts where the issuer’s keys are found by discovery', async () => {
    expect((await send(await discovered.token())).status).toBe(200)
  })

  it('is accepted in any case of the scheme’s name, and under no other', async () => {
    const token = await issuer.token()
    const status = async (authorization: string): Promise<number> =>
      (await newVisitor(gateway).send('GET', '/private', undefined, { authorization })).status
    expect([await status(`bearer ${token}`), await status(`BEARER   ${token}`)]).toEqual([200, 200])
    for (const other of [token, `Basic ${token}`, `JWT ${token}`, `Token ${token}`, `DPoP ${token}`, `Bearer${token}`])
      expect(await status(other)).toBe(401)
  })

  it('gives only the roles of its mapping, beside those recorded here', async () => {
    const sub = newSubject()
    const admin = { sub, groups: ['admin'] }
    expect((await send(await issuer.token({ sub, roles: ['admin'] }), '/admin/x')).status).toBe(403)
    expect((await send(await issuer.token(admin), '/admin/x')).status).toBe(200)
    const denied = await send(await issuer.token({ sub, iat: inSeconds(-1) }), '/admin/x')
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([403, 'Bearer error="insufficient_scope"'])
  })
})

describe('the answer to a token', () => {
  it('that was not sent names no error', async () => {
    const answer = await newVisitor(gateway).send('GET', '/private')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  })

  it('that is not accepted is the same for a person’s browser: no way to the login page', async () => {
    const answer = await send('x', '/private', { accept: 'text/html', 'sec-fetch-mode': 'navigate' })
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token", error_description="The access token is not accepted"',
    ])
  })

  it('that is not accepted is in the trail, with the reason and without the token', async () => {
    const token = await issuer.token({ aud: 'https://other.example' })
    const answer = await send(token)
    expect(answer.status).toBe(401)
    const events = (): Promise<unknown> =>
      gateway.sql('select type, outcome, reason, details from audit_events where request_id = $1', [
        answer.headers.get('x-request-id'),
      ])
    const event = {
      type: 'token.refused',
      outcome: 'failure',
      reason: 'wrong audience',
      details: { issuer: issuer.url },
    }
    await expect.poll(events, { timeout: 5000 }).toEqual([event])
  })

  it.each(['Bearer a, Bearer b', 'Bearer a,Basic b', 'Basic YTpi, Basic YTpj', 'bearer a, b'])(
    'that is two credentials is 400: %s',
    async (authorization) => {
      const answer = await newVisitor(gateway).send('GET', '/private', undefined, { authorization })
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([400, 'Bearer error="invalid_request"'])
    },
  )

  it('in two headers is 400', async () => {
    const { port } = new URL(gateway.url)
    const token = await issuer.token()
    const line = `Authorization: Bearer ${token}\r\n`
    const request = `GET /private HTTP/1.1\r\nHost: localhost:${port}\r\n${line}${line}\r\n`
    expect((await sendRaw(Number(port), request))?.status).toBe(400)
  })
})

describe('a cookie and a token', () => {
  it('of one person are that person, and a token that is wrong is not made up for by the cookie', async () => {
    const { visitor, userId, email } = await newPerson(gateway)
    const sub = newSubject()
    const token = await issuer.token({ sub, email, email_verified: true })
    const both = (authorization: string): Promise<Response> =>
      visitor.send('GET', '/private', undefined, { authorization, 'x-probe': sub })
    expect((await both(`Bearer ${token}`)).status).toBe(200)
    expect(origin.of(sub).map((request) => valuesOf(request, 'x-auth-user-id'))).toEqual([[userId]])
    expect((await both(`Bearer ${await issuer.token({ sub, exp: inSeconds(-600) })}`)).status).toBe(401)
    expect(origin.of(sub)).toHaveLength(1)
  })

  it('of different people are refused', async () => {
    const { visitor } = await newPerson(gateway)
    const authorization = `Bearer ${await issuer.token({ sub: newSubject() })}`
    for (let round = 0; round < 2; round += 1)
      expect((await visitor.send('GET', '/private', undefined, { authorization })).status).toBe(400)
  })

  it('of the site’s own kind go on together', async () => {
    const { visitor } = await newPerson(gateway)
    const probe = randomUUID()
    const headers = { authorization: 'Bearer of-the-site', 'x-probe': probe }
    expect((await visitor.send('GET', '/private', undefined, headers)).status).toBe(200)
    expect(origin.of(probe).map((request) => valuesOf(request, 'authorization'))).toEqual([['Bearer of-the-site']])
  })
})

describe('what the origin sees of the header', () => {
  const seen = async (token: string, path: string): Promise<unknown> => {
    const probe = randomUUID()
    await send(token, path, { 'x-probe': probe })
    return origin.of(probe).map((request) => valuesOf(request, 'authorization'))
  }

  it('is nothing, unless the row says so', async () => {
    expect(await seen(await issuer.token(), '/private')).toEqual([[]])
    expect(await seen(await issuer.token(), '/public/x')).toEqual([[]])
    const [user] = await gateway.sql('select id from users limit 1')
    await gateway.sql('insert into identities (id, user_id, subject) values ($1, $2, $3)', [
      randomUUID(),
      user?.['id'],
      `${closed.url}#known`,
    ])
    const token = await closed.token({ sub: 'known' })
    expect(await seen(token, '/private')).toEqual([[`Bearer ${token}`]])
  })

  it('is the site’s own on public pages, and never a token that could be taken for one of ours', async () => {
    const foreign = await signToken(await createSigningKey(), {
      iss: 'https://elsewhere.example',
      sub: 'x',
      exp: inSeconds(60),
    })
    expect(await seen('of-the-site', '/public/x')).toEqual([['Bearer of-the-site']])
    expect(await seen(foreign, '/public/x')).toEqual([[`Bearer ${foreign}`]])
    const forged = await signToken(await createSigningKey(), {
      iss: issuer.url,
      aud: audience,
      sub: 'x',
      exp: inSeconds(60),
    })
    const [header, claims] = forged.split('.')
    for (const token of [
      forged,
      `${header}.${claims}.`,
      `${header}.${claims}`,
      `${header}=.${claims}.x`,
      `${forged}.a.b`,
    ])
      expect(await seen(token, '/public/x')).toEqual([[]])
  })
})

describe('somebody new', () => {
  const rowsOf = (sub: string): Promise<Record<string, unknown>[]> =>
    gateway.sql(
      `select u.id, u.email, u.email_verified_at is not null as verified, u.shard from users u
       join identities i on i.user_id = u.id where i.subject = $1`,
      [`${issuer.url}#${sub}`],
    )

  it('is one person, though a thousand of their requests come at once', async () => {
    const sub = newSubject()
    const before = await gateway.sql('select count(*)::int as n from users')
    // Tokens of their own, as of many devices; half of them are the same.
    const tokens = await Promise.all(Array.from({ length: 500 }, (_, at) => issuer.token({ sub, jti: String(at) })))
    const answers = await Promise.all([...tokens, ...tokens].map((token) => send(token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await rowsOf(sub)).toHaveLength(1)
    const after = await gateway.sql('select count(*)::int as n from users')
    expect(Number(after[0]?.['n']) - Number(before[0]?.['n'])).toBe(1)
    const events = await gateway.sql(
      "select user_id from audit_events where type = 'user.created' and details->>'issuer' = $1 and user_id = $2",
      [issuer.url, (await rowsOf(sub))[0]?.['id']],
    )
    expect(events).toHaveLength(1)
  })

  it('is one person however many isolates race for them', async () => {
    const sub = newSubject()
    const race = async (): Promise<unknown> =>
      createExternalUsers({
        shardOf: () => 'eu-1',
        standings: {
          leased: () => null,
          ask: ({ id }) => Promise.resolve({ userId: id, endedUpToMs: null, wasChanged: false }),
        },
        provenMs: 1000,
        now: Date.now,
      }).find(
        {
          identity: `${issuer.url}#${sub}`,
          issuer: issuer.url,
          verifiedEmail: `${randomUUID()}@example.com`,
          name: null,
          mayCreate: true,
          issuedMs: 0,
        },
        {
          source: { requestId: sub, ip: null, userAgent: null },
          database: createNeonDatabase({ databaseUrl: gateway.databaseUrl, endpoint: gateway.neon.url }),
          continent: null,
          waitUntil: () => undefined,
        },
      )
    const found = await Promise.all(Array.from({ length: 20 }, race))
    expect(new Set(found.map((one) => JSON.stringify((one as { user: unknown }).user))).size).toBe(1)
    expect(await rowsOf(sub)).toHaveLength(1)
    expect(await gateway.sql('select 1 from audit_events where request_id = $1', [sub])).toHaveLength(1)
  })

  it('without a proven address has none, and takes nobody’s', async () => {
    const sub = newSubject()
    const email = newEmail()
    const probe = randomUUID()
    expect(
      (await send(await issuer.token({ sub, email, email_verified: false }), '/private', { 'x-probe': probe })).status,
    ).toBe(200)
    expect(await rowsOf(sub)).toMatchObject([{ email: null, verified: false }])
    expect(origin.of(probe).map((request) => valuesOf(request, 'x-auth-email'))).toEqual([[]])
    // The owner of the address signs up as if nothing had been.
    const visitor = newVisitor(gateway)
    await visitor.send('POST', '/auth/v1/signup', { email, password: goodPassword })
    const { code } = await mailTo(gateway, email)
    expect((await visitor.send('POST', '/auth/v1/email/verify', { email, code })).status).toBe(200)
    expect((await rowsOf(sub))[0]?.['email']).toBe(null)
  })

  it('with the address somebody confirmed here is that person, and the trail tells', async () => {
    const { userId, email } = await newPerson(gateway)
    const sub = newSubject()
    expect((await send(await issuer.token({ sub, email: email.toUpperCase(), email_verified: true }))).status).toBe(200)
    expect(await rowsOf(sub)).toMatchObject([{ id: userId }])
    const events = await gateway.sql(
      "select details from audit_events where type = 'identity.linked' and user_id = $1",
      [userId],
    )
    expect(events).toEqual([{ details: { issuer: issuer.url } }])
  })

  it('is not that person where the issuer is not trusted with addresses', async () => {
    const { userId, email } = await newPerson(gateway)
    const sub = newSubject()
    expect((await send(await discovered.token({ sub, email, email_verified: true }))).status).toBe(200)
    const rows = await gateway.sql('select user_id from identities where subject = $1', [`${discovered.url}#${sub}`])
    expect(rows).toHaveLength(1)
    expect(rows[0]?.['user_id']).not.toBe(userId)
  })

  it('gains no account that somebody opened beforehand with their address and never confirmed', async () => {
    const email = newEmail()
    const thief = newVisitor(gateway)
    await thief.send('POST', '/auth/v1/signup', { email, password: goodPassword })
    const [before] = await gateway.sql('select id from users where email = $1', [email])
    const sub = newSubject()
    expect((await send(await issuer.token({ sub, email, email_verified: true }))).status).toBe(200)
    const [row] = await rowsOf(sub)
    expect([row?.['email'], row?.['id'] === before?.['id']]).toEqual([null, false])
  })

  it('is refused where only known users are welcome', async () => {
    expect((await send(await closed.token({ sub: newSubject() }))).status).toBe(401)
    expect(await gateway.sql('select 1 from identities where subject like $1', [`${closed.url}#user%`])).toEqual([])
  })

  it('of one issuer is not the same name’s holder at another', async () => {
    const sub = newSubject()
    await send(await issuer.token({ sub }))
    await send(await discovered.token({ sub }))
    const rows = await gateway.sql('select distinct user_id from identities where subject like $1', [`%#${sub}`])
    expect(rows).toHaveLength(2)
  })
})

describe('the gateway’s own paths', () => {
  it('show nothing of a session to a token that has none, and let it do nothing', async () => {
    const token = await issuer.token()
    expect((await send(token, '/auth/v1/session')).status).toBe(403)
    const visitor = newVisitor(gateway)
    const answer = await visitor.send(
      'POST',
      '/auth/v1/sessions/revoke-all-others',
      {},
      { authorization: `Bearer ${token}` },
    )
    expect(answer.status).toBe(403)
  })
})
