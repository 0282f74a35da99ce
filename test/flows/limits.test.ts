// The limits as a client meets them: how many pass, what the one after is told, and who is not concerned.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { limitRuleIds, limitRules } from '../../src/limits/rules.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, newEmail, newPerson } from '../support/people.ts'
import { newNumber } from '../support/phones.ts'
import { header, sendRaw } from '../support/raw-http.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newAddress, newVisitor } from '../support/visitor.ts'

const token = 'a-token-of-the-test'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ isolates: 2, bindings: { METRICS_TOKEN: token } })
})
afterAll(() => gateway.stop())

type Send = () => Promise<Response>

/** In groups, as a browser would. */
async function statuses(send: Send, count: number): Promise<number[]> {
  const all: number[] = []
  while (all.length < count) {
    const group = Array.from({ length: Math.min(20, count - all.length) }, async () => {
      const answer = await send()
      await answer.arrayBuffer()
      return answer.status
    })
    all.push(...(await Promise.all(group)))
  }
  return all
}

const passing = (found: readonly number[]): number => found.filter((status) => status !== 429).length

async function metric(name: string, rule: string, from = gateway): Promise<number> {
  let sum = 0
  for (const url of from.urls) {
    const answer = await fetch(`${url}/auth/metrics`, { headers: { authorization: `Bearer ${token}` } })
    sum += Number(new RegExp(`^${name}\\{rule="${rule}"\\} (\\d+)$`, 'm').exec(await answer.text())?.[1] ?? Number.NaN)
  }
  return sum
}

interface Limited {
  readonly id: keyof typeof limitRules
  readonly method: string
  readonly path: string
  readonly body?: () => unknown
}

const wrongPassword = (): unknown => ({ email: newEmail(), password: 'wrong wrong' })
const signUp = (): unknown => ({ email: newEmail(), password: goodPassword })
const wrongCode = (): unknown => ({ email: newEmail(), code: '000000' })
const wrongFactor = (): unknown => ({ mfa_token: 'x'.repeat(43), method: 'totp', code: '000000' })
const number = (): { phone: string } => ({ phone: newNumber() })
const wrongText = (): unknown => ({ ...number(), code: '000000' })
const mailbox = (): unknown => ({ email: newEmail() })

const traffic: Limited = { id: 'everything', method: 'GET', path: '/public/a' }
/** What is counted one by one, whatever comes of it. */
const guarded: readonly Limited[] = [
  { id: 'login', method: 'POST', path: '/auth/v1/login', body: wrongPassword },
  { id: 'sign-up', method: 'POST', path: '/auth/v1/signup', body: signUp },
  { id: 'mail-code', method: 'POST', path: '/auth/v1/email/verify', body: wrongCode },
  { id: 'mail-code', method: 'POST', path: '/auth/v1/email/resend', body: mailbox },
  { id: 'magic-link-start', method: 'POST', path: '/auth/v1/magic-link/start', body: mailbox },
  { id: 'magic-link-verify', method: 'POST', path: '/auth/v1/magic-link/verify', body: wrongCode },
  { id: 'password-forgot', method: 'POST', path: '/auth/v1/password/forgot', body: mailbox },
  { id: 'second-factor', method: 'POST', path: '/auth/v1/mfa/verify', body: wrongFactor },
  { id: 'webauthn-start', method: 'POST', path: '/auth/v1/webauthn/authenticate/start', body: mailbox },
  { id: 'webauthn-finish', method: 'POST', path: '/auth/v1/webauthn/authenticate/finish', body: mailbox },
  { id: 'webauthn-finish', method: 'POST', path: '/auth/login/passkey', body: mailbox },
  { id: 'phone-start', method: 'POST', path: '/auth/v1/phone/start', body: number },
  { id: 'phone-verify', method: 'POST', path: '/auth/v1/phone/verify', body: wrongText },
]

describe('a limit', () => {
  it.each([traffic, ...guarded])(
    '$id lets as many $method $path pass as it says, and tells the next one when',
    async ({ id, method, path, body }) => {
      const { limit, windowMs } = limitRules[id]
      const visitor = newVisitor(gateway)
      const send: Send = () => visitor.send(method, path, body?.())
      expect(passing(await statuses(send, limit))).toBe(limit)
      const answer = await send()
      expect(answer.status).toBe(429)
      const retryAfter = Number(answer.headers.get('retry-after'))
      expect(retryAfter).toBeGreaterThan(0)
      expect(retryAfter).toBeLessThanOrEqual(windowMs / 1000)
      expect(answer.headers.get('ratelimit-policy')).toBe(`"${id}";q=${limit};w=${windowMs / 1000}`)
      expect(answer.headers.get('ratelimit')).toBe(`"${id}";r=0;t=${retryAfter}`)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      const code = id === 'everything' ? 'too_many_requests' : 'too_many_attempts'
      expect(await answer.json()).toMatchObject({ code, status: 429, retry_after: retryAfter })
      expect(answer.headers.get('x-portcullis-response')).toBe(code)
      expect((await newVisitor(gateway).send(method, path, body?.())).status).not.toBe(429)
    },
  )

  it('of a user counts the API at all devices and front doors together, and pages not at all', async () => {
    const { visitor } = await newPerson(gateway)
    const elsewhere = newVisitor(gateway, newAddress())
    for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
    // Confirming the address was no request of a signed-in person.
    const sends = [visitor, elsewhere].map(
      (one, door) => () => one.send('GET', `${gateway.urls[door]}/auth/v1/session`),
    )
    const found = await Promise.all(sends.map((send) => statuses(send, 100)))
    expect(passing(found.flat())).toBeLessThanOrEqual(100)
    expect(passing(found.flat())).toBeGreaterThanOrEqual(98)
    const answer = await visitor.send('GET', '/api/anything')
    expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([429, '"api";q=100;w=60'])
    const retryAfter = Number(answer.headers.get('retry-after'))
    expect(retryAfter).toBeGreaterThan(0)
    expect(retryAfter).toBeLessThanOrEqual(60)
    expect(answer.headers.get('ratelimit')).toBe(`"api";r=0;t=${retryAfter}`)
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    expect((await (await newPerson(gateway)).visitor.send('GET', '/auth/v1/session')).status).toBe(200)
  })

  it('of messages to one mailbox holds whoever asks from wherever, and alike for a mailbox nobody has', async () => {
    const email = newEmail()
    const ask = (spelling: string): Promise<Response> =>
      newVisitor(gateway).send('POST', '/auth/v1/signup', { email: spelling, password: goodPassword })
    for (let count = 0; count < 10; count += 1)
      expect((await ask(count % 2 ? email : email.toUpperCase())).status).toBe(202)
    const answer = await ask(email)
    expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([429, '"mail-message";q=10;w=3600'])
    expect((await newVisitor(gateway).send('POST', '/auth/v1/email/resend', { email })).status).toBe(429)
  }, 60_000)

  it('shows people a page', async () => {
    const visitor = newVisitor(gateway)
    await statuses(() => visitor.send('POST', '/auth/v1/login', wrongPassword()), 5)
    const head = [
      'POST /auth/login HTTP/1.1',
      `Host: ${new URL(gateway.url).host}`,
      `CF-Connecting-IP: ${visitor.ip}`,
      'Accept: text/html',
      'Sec-Fetch-Mode: navigate',
      'Content-Length: 0',
      'Connection: close',
    ]
    const answer = await sendRaw(Number(new URL(gateway.url).port), `${head.join('\r\n')}\r\n\r\n`)
    if (answer === null) throw new Error('no answer')
    expect([answer.status, header(answer, 'content-type')]).toEqual([429, expect.stringContaining('text/html')])
    expect(Number(header(answer, 'retry-after'))).toBeGreaterThan(0)
    expect(answer.body.toString()).toMatch(/<h1[^>]*>\s*A little too fast/)
  })

  it('cannot be walked around by another spelling of the path', async () => {
    const visitor = newVisitor(gateway)
    const paths = ['/auth/v1/login', '/auth/v1/logi%6e', '/auth/%761/login', '/auth/./v1/login', '/auth/v1/login?x=1']
    for (let count = 0; count < 20; count += 1) {
      await visitor.send('POST', paths[count % paths.length] ?? '', wrongPassword())
    }
    const tried = await gateway.sql(
      "select count(*)::int as n from audit_events where type = 'login.failed' and host(ip) = $1",
      [visitor.ip],
    )
    expect(Number(tried[0]?.['n'])).toBeLessThanOrEqual(5)
  })

  it('is counted once for all who have no address, and says so in the log', async () => {
    const send: Send = () =>
      fetch(`${gateway.url}/auth/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': newAddress() },
        body: JSON.stringify(wrongPassword()),
      })
    expect(passing(await statuses(send, 8))).toBe(5)
    const alerts = gateway.workerd.logs().filter((line) => line.includes('without a client address'))
    expect(alerts.length).toBeGreaterThan(0)
    expect(alerts.length).toBeLessThanOrEqual(2)
  })

  it('is in the metrics with what it did', async () => {
    expect(await metric('portcullis_limit_refused_total', 'login')).toBeGreaterThan(0)
    expect(await metric('portcullis_limit_allowed_total', 'everything')).toBeGreaterThan(1000)
    expect(await metric('portcullis_limit_would_refuse_total', 'login')).toBe(0)
  })
})

describe('200 racers', () => {
  const race = async (send: (door: number) => Promise<Response>): Promise<number> =>
    passing(
      await Promise.all(
        Array.from({ length: 200 }, async (_, racer) => {
          const answer = await send(racer % 2)
          await answer.arrayBuffer()
          return answer.status
        }),
      ),
    )

  it.each(guarded)(
    'with three left of $id: exactly three pass, at two front doors ($method $path)',
    async ({ id, method, path, body }) => {
      const visitor = newVisitor(gateway)
      await statuses(() => visitor.send(method, path, body?.()), limitRules[id].limit - 3)
      expect(await race((door) => visitor.send(method, `${gateway.urls[door]}${path}`, body?.()))).toBe(3)
    },
  )

  it('with three messages left for a mailbox: exactly three pass, from 200 addresses', async () => {
    const email = newEmail()
    const ask = (door: number): Promise<Response> =>
      newVisitor(gateway).send('POST', `${gateway.urls[door]}/auth/v1/password/forgot`, { email })
    for (let count = 0; count < 7; count += 1) await ask(0)
    expect(await race(ask)).toBe(3)
  })

  it('with thirty left for a large IPv6 network: exactly thirty pass, each from another part of it', async () => {
    let part = 0
    const network = `2001:db8:${randomBytes(2).toString('hex')}`
    const ask = (door: number): Promise<Response> => {
      part += 1
      const visitor = newVisitor(gateway, `${network}:${part.toString(16)}::1`)
      return visitor.send('POST', `${gateway.urls[door]}/auth/v1/password/forgot`, mailbox())
    }
    expect(await race(ask)).toBe(30)
  })

  it('with fifty left of a limit that is given in advance: exactly fifty pass', async () => {
    const visitor = newVisitor(gateway)
    expect(passing(await statuses(() => visitor.send('GET', '/public/a'), 950))).toBe(950)
    expect(await race(() => visitor.send('GET', '/public/a'))).toBe(50)
  })
})

describe('a worker that is killed', () => {
  it('gives nobody a second set of attempts, and keeps accounts locked', async () => {
    const own = await startGateway()
    try {
      const person = await newPerson(own)
      const visitor = newVisitor(own)
      const guess = (ip?: string): Promise<Response> =>
        newVisitor(own, ip).send('POST', '/auth/v1/login', { email: person.email, password: 'wrong wrong' })
      for (let count = 0; count < 5; count += 1) expect((await guess(visitor.ip)).status).toBe(401)
      await own.workerd.kill()
      await own.workerd.restart()
      expect((await guess(visitor.ip)).headers.get('ratelimit-policy')).toBe('"login";q=5;w=60')
      const elsewhere = await newVisitor(own).send('POST', '/auth/v1/login', {
        email: person.email,
        password: person.password,
      })
      expect([elsewhere.status, elsewhere.headers.get('ratelimit-policy')]).toEqual([429, null])
    } finally {
      await own.stop()
    }
  })
})

describe('a rule that only watches', () => {
  it('counts what it would have refused, and refuses nothing', async () => {
    const limits = {
      rules: {
        login: { state: 'shadow' },
        everything: { state: 'shadow', limit: 20 },
        'sign-up': { state: { enforcePercent: 0 } },
        'password-forgot': { state: { since: new Date(Date.now() + 3_600_000).toISOString() } },
        'magic-link-verify': { state: { since: '2026-01-01T00:00:00+01:00' } },
      },
      lockout: { state: 'shadow' },
    }
    const own = await startGateway({
      bundle: bundleWith({ ...shippedConfig, limits }),
      bindings: { METRICS_TOKEN: token },
    })
    try {
      const person = await newPerson(own)
      const visitor = newVisitor(own)
      const send = (password: string): Promise<Response> =>
        visitor.send('POST', '/auth/v1/login', { email: person.email, password })
      expect(passing(await statuses(() => send('wrong wrong'), 20))).toBe(20)
      expect((await send(person.password)).status).toBe(200)
      expect(await statuses(() => visitor.send('GET', '/public/a'), 60)).toEqual(Array(60).fill(200))
      // Without the session that the login brought.
      const signUps: Send = () => newVisitor(own, visitor.ip).send('POST', '/auth/v1/signup', signUp())
      expect(passing(await statuses(signUps, 12))).toBe(12)
      // Announced, and not yet; and announced some time ago.
      const forgot: Send = () => newVisitor(own, visitor.ip).send('POST', '/auth/v1/password/forgot', mailbox())
      expect(passing(await statuses(forgot, 8))).toBe(8)
      const codes: Send = () => newVisitor(own, visitor.ip).send('POST', '/auth/v1/magic-link/verify', wrongCode())
      expect(passing(await statuses(codes, 14))).toBe(10)
      expect(await metric('portcullis_limit_would_refuse_total', 'password-forgot', own)).toBe(3)
      expect(await metric('portcullis_limit_would_refuse_total', 'login', own)).toBe(16)
      expect(await metric('portcullis_limit_would_refuse_total', 'sign-up', own)).toBe(2)
      expect(await metric('portcullis_limit_would_refuse_total', 'everything', own)).toBeGreaterThan(0)
      expect(await metric('portcullis_limit_refused_total', 'login', own)).toBe(0)
    } finally {
      await own.stop()
    }
  })
})

describe('counters that cannot be asked', () => {
  it('close what guards credentials and messages, and leave the site open up to a count of the isolate’s own', async () => {
    const own = await startGateway({ bindings: { METRICS_TOKEN: token } })
    try {
      const { durableObjects } = inject('platform')
      await own.workerd.restart({ durableObjects: durableObjects.filter(({ binding }) => binding !== 'LIMITS') })
      const login = await newVisitor(own).send('POST', '/auth/v1/login', wrongPassword())
      expect([login.status, login.headers.get('retry-after')]).toEqual([503, '5'])
      const signUp = await newVisitor(own).send('POST', '/auth/v1/signup', {
        email: newEmail(),
        password: goodPassword,
      })
      expect(signUp.status).toBe(503)
      const visitor = newVisitor(own)
      expect(passing(await statuses(() => visitor.send('GET', '/public/a'), 1020))).toBe(1000)
      expect(await metric('portcullis_limit_counted_locally_total', 'everything', own)).toBeGreaterThan(1000)
    } finally {
      await own.stop()
    }
  })
})

describe('an IPv6 network', () => {
  it('has one limit, whichever of its addresses ask', async () => {
    const net = `2001:db8:${randomBytes(2).toString('hex')}:1`
    const from = (host: number): Promise<Response> =>
      newVisitor(gateway, `${net}:${host.toString(16)}::${host}`).send('POST', '/auth/v1/email/resend', {
        email: newEmail(),
      })
    let host = 0
    expect(passing(await statuses(() => from((host += 1)), 30))).toBe(10)
  })
})

describe('every limit in shadow', () => {
  let own: TestGateway
  beforeAll(async () => {
    const rules = Object.fromEntries(limitRuleIds.map((id) => [id, { state: 'shadow' }]))
    const limits = { rules, lockout: { state: 'shadow' } }
    own = await startGateway({
      bundle: bundleWith({ ...shippedConfig, limits }),
      bindings: { METRICS_TOKEN: token },
    })
  })
  afterAll(() => own.stop())

  it.each([traffic, ...guarded])('keeps nobody from $method $path', async ({ id, method, path, body }) => {
    const visitor = newVisitor(own)
    const before = await metric('portcullis_limit_would_refuse_total', id, own)
    const attempts = limitRules[id].limit + 3
    const found = await statuses(() => visitor.send(method, path, body?.()), attempts)
    expect(passing(found)).toBe(attempts)
    const wouldRefuse = (await metric('portcullis_limit_would_refuse_total', id, own)) - before
    if (limitRules[id].isLeased) expect(wouldRefuse).toBeGreaterThanOrEqual(3)
    else expect(wouldRefuse).toBe(3)
  })
})
