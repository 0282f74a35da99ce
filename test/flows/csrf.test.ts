import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, goodPassword, newEmail, newPerson, signInAgain } from '../support/people.ts'
import { header, sendRaw } from '../support/raw-http.ts'
import { newAddress, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let person: Person
let otherSessionId: string
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
  const other = await signInAgain(gateway, person)
  const { session } = (await (await other.send('GET', '/auth/v1/session')).json()) as { session: { id: string } }
  otherSessionId = session.id
})
afterAll(() => gateway.stop())

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

interface Try {
  readonly cookies?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

function send(method: string, path: string, { cookies = {}, headers = {}, body }: Try): Promise<Response> {
  const cookie = Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
  return fetch(`${gateway.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { 'cf-connecting-ip': newAddress(), accept: json, ...(cookie === '' ? {} : { cookie }), ...headers },
    ...(body === undefined ? {} : { body }),
  })
}

/** Everything a forgery could have changed. */
const state = (): Promise<unknown> =>
  gateway.sql(`select (select json_agg(s.* order by id) from sessions s where ended_at is null)::text as sessions,
    (select json_agg(u.* order by id) from users u)::text as users, (select count(*) from challenges) as challenges`)

const newToken = async (of: Person): Promise<string> => {
  const answer = (await (await of.visitor.send('GET', '/auth/v1/csrf')).json()) as { csrf_token: string }
  return answer.csrf_token
}

const sessionPaths = (): readonly (readonly [method: string, path: string, type: string, body: string])[] => [
  ['POST', '/auth/v1/logout', json, '{}'],
  ['POST', '/auth/v1/sessions/revoke-all-others', json, '{}'],
  ['DELETE', `/auth/v1/sessions/${otherSessionId}`, json, '{}'],
  ['POST', '/auth/v1/login', json, JSON.stringify({ email: person.email, password: goodPassword })],
  ['POST', '/auth/v1/signup', json, JSON.stringify({ email: newEmail(), password: goodPassword })],
  ['POST', '/auth/v1/email/resend', json, JSON.stringify({ email: person.email })],
  ['POST', '/auth/logout', form, ''],
  ['POST', '/auth/account/sessions/revoke', form, `session_id=${otherSessionId}&id=${otherSessionId}`],
  ['POST', '/auth/account/sessions/revoke-others', form, ''],
  ['POST', '/auth/login', form, `email=${person.email}&password=${encodeURIComponent(goodPassword)}`],
]

describe('with a session, a change asked of any of the gateway’s own paths', () => {
  const wrong: readonly (readonly [string, (token: string, foreign: string) => Try])[] = [
    ['without a token', () => ({})],
    [
      'with another session’s token in both places',
      (_, foreign) => ({ headers: { 'x-csrf-token': foreign }, cookies: { '__Host-portcullis-csrf': foreign } }),
    ],
    [
      'with a token that is not the cookie’s',
      (token, foreign) => ({ headers: { 'x-csrf-token': token }, cookies: { '__Host-portcullis-csrf': foreign } }),
    ],
    [
      'with a token but no cookie',
      (token) => ({ headers: { 'x-csrf-token': token }, cookies: { '__Host-portcullis-csrf': '' } }),
    ],
    [
      'with a made-up token in both places',
      () => ({ headers: { 'x-csrf-token': 'x.y' }, cookies: { '__Host-portcullis-csrf': 'x.y' } }),
    ],
    [
      'from another site, by fetch metadata',
      (token) => ({ headers: { 'x-csrf-token': token, 'sec-fetch-site': 'cross-site' } }),
    ],
    [
      'from a sister site, by fetch metadata',
      (token) => ({ headers: { 'x-csrf-token': token, 'sec-fetch-site': 'same-site' } }),
    ],
    ['from another origin', (token) => ({ headers: { 'x-csrf-token': token, origin: 'https://evil.example' } })],
    ['from an origin that hides', (token) => ({ headers: { 'x-csrf-token': token, origin: 'null' } })],
    ['from another port', (token) => ({ headers: { 'x-csrf-token': token, origin: 'http://localhost:1' } })],
  ]

  it.each(wrong)('is refused and changes nothing: %s', async (_, sign) => {
    const token = await newToken(person)
    const foreign = await newToken(await newPerson(gateway))
    const before = await state()
    for (const [method, path, type, body] of sessionPaths()) {
      const { headers, cookies } = sign(token, foreign)
      const jar = { ...Object.fromEntries(person.visitor.cookies), '__Host-portcullis-csrf': token, ...cookies }
      const answer = await send(method, path, { headers: { 'content-type': type, ...headers }, cookies: jar, body })
      expect([path, answer.status, answer.headers.get('x-portcullis-response')]).toEqual([path, 403, 'csrf_failed'])
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(await state()).toEqual(before)
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  })

  it('is refused in an odd form, even with every sign', async () => {
    // More requests than one user may make together with the tests above.
    const somebody = await newPerson(gateway)
    const token = await newToken(somebody)
    const jar = { ...Object.fromEntries(somebody.visitor.cookies), '__Host-portcullis-csrf': token }
    const before = await state()
    for (const [method, path, , body] of sessionPaths().filter((row) => row[3] !== '')) {
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/jsonp', 'text/json', '']) {
        const bytes = new TextEncoder().encode(body)
        const answer = await send(method, path, {
          headers: { 'x-csrf-token': token, ...(type === '' ? {} : { 'content-type': type }) },
          cookies: jar,
          body: bytes,
        })
        expect([path, type, answer.status]).toEqual([path, type, 415])
      }
    }
    expect(await state()).toEqual(before)
  })

  it('is done with every sign', async () => {
    const somebody = await newPerson(gateway)
    const second = await signInAgain(gateway, somebody)
    expect((await somebody.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')).status).toBe(200)
    await expect.poll(async () => (await second.send('GET', '/private')).status, { timeout: 5_000 }).toBe(401)
  })
})

describe('without a session', () => {
  it.each(['/auth/login', '/auth/signup', '/auth/resend', '/auth/verify-email', '/auth/v1/login', '/auth/v1/signup'])(
    'a form without the token of its page is refused and signs nobody in: %s',
    async (path) => {
      const before = await state()
      const body = new URLSearchParams({ email: person.email, password: person.password }).toString()
      const stranger = newVisitor(gateway)
      await stranger.open('/auth/login')
      const token = stranger.cookies.get('__Host-portcullis-csrf') ?? ''
      const tries: readonly Try[] = [
        {},
        { cookies: { '__Host-portcullis-csrf': token } },
        { headers: { 'x-csrf-token': token }, cookies: { '__Host-portcullis-csrf': token } },
        {
          headers: { 'x-csrf-token': token },
          cookies: { '__Host-portcullis-csrf': token, '__Host-portcullis-pre': 'A'.repeat(22) },
        },
      ]
      for (const attempt of tries) {
        const answer = await send('POST', path, {
          ...attempt,
          headers: { 'content-type': form, ...attempt.headers },
          body,
        })
        expect([path, answer.status, answer.headers.get('x-portcullis-response')]).toEqual([path, 403, 'csrf_failed'])
      }
      expect(await state()).toEqual(before)
    },
  )

  it.each([{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, { origin: 'null' }])(
    'JSON from elsewhere is refused: %j',
    async (headers) => {
      const body = JSON.stringify({ email: person.email, password: person.password })
      const answer = await send('POST', '/auth/v1/login', { headers: { 'content-type': json, ...headers }, body })
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []])
    },
  )
})

describe('a body for the gateway itself', () => {
  const login = (body: string | Uint8Array<ArrayBuffer>): Promise<Response> =>
    send('POST', '/auth/v1/login', { headers: { 'content-type': json }, body })

  it('of more than 64 KB is refused, announced or in chunks', async () => {
    const long = JSON.stringify({ email: 'a@example.com', password: 'x'.repeat(70_000) })
    expect((await login(long)).status).toBe(413)
    const chunk = `${(0x1000).toString(16)}\r\n${'x'.repeat(0x1000)}\r\n`.repeat(17)
    const head = `POST /auth/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const answer = await sendRaw(gateway.workerd.ports[0] ?? 0, `${head}${chunk}0\r\n\r\n`)
    expect([answer?.status, answer === null ? null : header(answer, 'x-portcullis-response')]).toEqual([
      413,
      'body_too_large',
    ])
  })

  it('with fields nobody asked for is refused, without repeating what was sent', async () => {
    const secret = 'do-not-repeat-me'
    for (const path of ['/auth/v1/login', '/auth/v1/signup', '/auth/v1/email/verify', '/auth/v1/email/resend']) {
      const body = JSON.stringify({ email: `${secret}@example.com`, password: `${secret}-password`, [secret]: secret })
      const answer = await send('POST', path, { headers: { 'content-type': json }, body })
      const text = await answer.text()
      expect([path, answer.status]).toEqual([path, 422])
      expect(text).not.toContain(secret)
    }
  })

  it.each([
    ['100,000 arrays', '['.repeat(100_000) + ']'.repeat(100_000), 413],
    ['100,000 arrays that never end', '['.repeat(100_000), 413],
    ['32,000 arrays', '['.repeat(32_000) + ']'.repeat(32_000), 422],
    ['10,000 objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 422],
    ['32,000 arrays where text belongs', `{"email":${'['.repeat(32_000)}${']'.repeat(32_000)},"password":"x"}`, 422],
    ['nothing of JSON', '{"email":', 400],
    ['a list', '[1]', 422],
    ['a number', '1e999', 422],
    ['null', 'null', 422],
    ['a byte order mark and an object', '\ufeff{}', 422],
    ['numbers where text belongs', '{"email":1,"password":{}}', 422],
    ['a lone surrogate', '{"email":"\\ud800@example.com","password":"\\udfff"}', 401],
    ['a NUL', '{"email":"a\\u0000@example.com","password":"\\u0000"}', 401],
  ])('that is %s is refused as what it is', async (_, body, status) => {
    expect((await login(body)).status).toBe(status)
  })

  it.each([
    Uint8Array.of(0x22, 0xff, 0x22),
    Uint8Array.of(0xc0, 0xaf),
    Uint8Array.of(0xed, 0xa0, 0x80),
    Uint8Array.of(0xff, 0xfe, 0x7b, 0),
  ])('that is not UTF-8 is refused: %j', async (body) => {
    expect((await login(body)).status).toBe(400)
  })

  it('cannot reach a prototype', async () => {
    for (const body of [
      '{"__proto__":{"email":"a@example.com"},"password":"x"}',
      '{"constructor":{"prototype":{"isAdmin":true}}}',
      '{"__proto__":{"polluted":1}}',
    ]) {
      expect((await login(body)).status).toBe(422)
    }
    const headers = { cookie: '__proto__=x; constructor=y; hasOwnProperty=z; __Host-portcullis=bad' }
    const answer = await send('GET', '/auth/v1/session', { headers })
    expect(answer.status).toBe(401)
    expect((await login(JSON.stringify({ email: person.email, password: person.password }))).status).toBe(200)
  })
})
