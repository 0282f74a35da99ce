// What an operator can switch in one environment: limits, locks, ways to sign in; the emergency; and what explains it all.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newAdmin, newEmail, newPerson } from '../support/people.ts'
import { newAddress, newVisitor } from '../support/visitor.ts'

const token = 'a-token-of-the-test'
const metricsOf = async ({ url }: TestGateway): Promise<string> =>
  (await fetch(`${url}/auth/metrics`, { headers: { authorization: `Bearer ${token}` } })).text()

describe('switches of the environment', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    const flags = 'limit.login=shadow, lockout=shadow, method.magic-link=off, method.sign-up=50%'
    gateway = await startGateway({ bindings: { PORTCULLIS_FLAGS: flags, METRICS_TOKEN: token } })
  })
  afterAll(() => gateway.stop())

  it('turn a limit and the lock into onlookers that count', async () => {
    const visitor = newVisitor(gateway)
    const email = newEmail()
    for (let count = 0; count < 8; count += 1) {
      expect((await visitor.send('POST', '/auth/v1/login', { email, password: 'a wrong one' })).status).toBe(401)
    }
    const metrics = await metricsOf(gateway)
    expect(metrics).toMatch(/^portcullis_limit_would_refuse_total\{rule="login"\} 3$/m)
    expect(metrics).toMatch(/^portcullis_lockout_total\{outcome="would_refuse"\} 3$/m)
    expect(metrics).toMatch(/^portcullis_lockout_total\{outcome="refused"\} 0$/m)
  })

  it('take a way to sign in away: it says so, and the pages do not show it', async () => {
    const visitor = newVisitor(gateway)
    for (const path of ['/auth/v1/magic-link/start', '/auth/v1/magic-link/verify']) {
      const answer = await visitor.send('POST', path, { email: newEmail() })
      expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'method_off' }])
    }
    expect((await visitor.open('/auth/magic-link?token=x')).status).toBe(403)
    const page = await (await visitor.open('/auth/login')).text()
    expect(page).not.toContain('/auth/magic-link')
    expect(page).toContain('name="password"')
  })

  it('offer a way to sign in to a share of the visitors, always the same ones', async () => {
    const shown = async (ip: string): Promise<boolean> =>
      (await (await newVisitor(gateway, ip).open('/auth/login')).text()).includes('/auth/signup')
    const visitors = Array.from({ length: 60 }, newAddress)
    const first = await Promise.all(visitors.map(shown))
    expect(await Promise.all(visitors.map(shown))).toEqual(first)
    const offered = first.filter(Boolean).length
    expect(offered).toBeGreaterThan(10)
    expect(offered).toBeLessThan(50)
    for (const [index, isShown] of first.entries()) {
      if (index > 8) break
      const body = { email: newEmail(), password: 'correct horse battery staple' }
      const { status } = await newVisitor(gateway, visitors[index]).send('POST', '/auth/v1/signup', body)
      expect(status).toBe(isShown ? 202 : 403)
    }
  })
})

describe('the emergency bypass', () => {
  let gateway: TestGateway
  const until = new Date(Date.now() + 3_600_000).toISOString()
  beforeAll(async () => {
    gateway = await startGateway({ bindings: { BYPASS_UNTIL: until, METRICS_TOKEN: token } })
  })
  afterAll(() => gateway.stop())

  it('lets everybody through to the site, as nobody: no header says who asks', async () => {
    const visitor = newVisitor(gateway)
    const forged = { 'x-auth-email': 'root@example.com', 'x-portcullis-assertion': 'forged', X_Auth_Roles: 'admin' }
    const answer = await visitor.send('GET', '/headers', undefined, forged)
    expect(answer.status).toBe(200)
    const { headers } = (await answer.json()) as { headers: [string, string][] }
    const names = headers.map(([name]) => name.toLowerCase())
    for (const name of ['x-auth-email', 'x_auth_roles', 'x-portcullis-assertion']) expect(names).not.toContain(name)
    expect((await visitor.send('GET', '/admin')).status).toBe(200)
    const { visitor: signedIn } = await newPerson(gateway)
    const echoed = await (await signedIn.send('GET', '/headers')).text()
    expect(echoed).not.toContain('x-portcullis-assertion')
    expect(echoed).not.toContain('__Host-portcullis')
  })

  it('still refuses what two servers could read differently, and serves its own pages', async () => {
    const visitor = newVisitor(gateway)
    expect((await visitor.send('GET', '/a//b')).status).toBe(400)
    expect((await visitor.open('/auth/login')).status).toBe(200)
    expect((await visitor.send('GET', '/auth/v1/session')).status).toBe(401)
  })

  it('is loud: in the log, in /readyz, in the metrics and on record, with its deadline', async () => {
    await newVisitor(gateway).send('GET', '/private')
    expect(gateway.workerd.logs().some((line) => line.includes('BYPASS') && line.includes(until))).toBe(true)
    expect(await (await fetch(`${gateway.url}/readyz`)).json()).toMatchObject({ status: 'ready', bypass_until: until })
    expect(await metricsOf(gateway)).toMatch(/^portcullis_bypass_active 1$/m)
    const rows = (): Promise<unknown> =>
      gateway.sql(`select details from audit_events where type = 'bypass.begun' order by at limit 1`)
    await expect.poll(rows, { timeout: 10_000 }).toEqual([{ details: { until } }])
  })
})

describe('explaining a request to an administrator', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway.stop())

  it('says what does happen: for nobody, for somebody, for administrators, for an address nobody can read', async () => {
    const [admin, person] = [await newAdmin(gateway), await newPerson(gateway)]
    const cases = [
      { path: '/public/a', as: null, visitor: newVisitor(gateway) },
      { path: '/private', as: null, visitor: newVisitor(gateway) },
      { path: '/private', as: person.userId, visitor: person.visitor },
      { path: '/admin', as: person.userId, visitor: person.visitor },
      { path: '/ADMIN/x', as: person.userId, visitor: person.visitor },
      { path: '/admin', as: admin.userId, visitor: admin.visitor },
      { path: '/a%2fadmin', as: admin.userId, visitor: admin.visitor },
    ]
    for (const { path, as, visitor } of cases) {
      const answer = await admin.visitor.change('POST', '/auth/v1/admin/explain', {
        method: 'GET',
        url: path,
        ...(as === null ? {} : { as_user: as }),
      })
      expect(answer.status).toBe(200)
      const { decision, code } = (await answer.json()) as { decision: string; code: string | null }
      const happened = await visitor.send('GET', path)
      expect([path, decision, code]).toEqual([
        path,
        happened.headers.has('x-portcullis-response') ? 'deny' : 'allow',
        happened.headers.get('x-portcullis-response'),
      ])
    }
  })

  it('names the rule, its limits and the headers that would not go on', async () => {
    const { visitor } = await newAdmin(gateway)
    const answer = await visitor.change('POST', '/auth/v1/admin/explain', {
      method: 'POST',
      url: `${gateway.url}/auth/v1/login`,
      headers: { 'X-Forwarded-For': '10.0.0.1', accept: '*/*' },
    })
    expect(await answer.json()).toMatchObject({
      decision: 'own_path',
      limits: [{ id: 'everything' }, { id: 'login', limit: 5, window_s: 60, response: 'refuse', state: 'enforce' }, {}],
      removed_headers: ['x-forwarded-for'],
    })
    const other = await visitor.change('POST', '/auth/v1/admin/explain', { method: 'GET', url: '/admin/x' })
    expect(await other.json()).toMatchObject({
      code: 'unauthenticated',
      reason: 'not-signed-in',
      rule: { path: '/admin/*', require: { roles: ['admin'] } },
    })
  })

  const asks = async (admin: Person, question: object): Promise<Record<string, unknown>> => {
    const answer = await admin.visitor.change('POST', '/auth/v1/admin/explain', question)
    expect(answer.status).toBe(200)
    return (await answer.json()) as Record<string, unknown>
  }

  it('tells how far the limits of an address are, and what the next request from there meets; and counts nothing by it', async () => {
    const admin = await newAdmin(gateway)
    const stranger = newVisitor(gateway)
    const login = { method: 'POST', url: '/auth/v1/login', address: stranger.ip }
    const guess = () => stranger.send('POST', '/auth/v1/login', { email: newEmail(), password: 'wrong wrong' })
    for (let count = 0; count < 3; count += 1) expect((await guess()).status).toBe(401)
    for (let count = 0; count < 8; count += 1) {
      const { decision, limits } = await asks(admin, login)
      expect([decision, limits]).toMatchObject([
        'own_path',
        [
          { id: 'everything' },
          { id: 'login', remaining: 2, retry_after_s: 0 },
          { id: 'ipv6-network', remaining: null },
        ],
      ])
    }
    for (let count = 0; count < 2; count += 1) expect((await guess()).status).toBe(401)
    const refused = await guess()
    expect(await asks(admin, login)).toMatchObject({
      decision: 'deny',
      code: refused.headers.get('x-portcullis-response'),
      reason: 'limit login',
      network: { lists: [], rule: null, outcome: 'no-rule' },
    })
    expect(await asks(admin, { ...login, url: '/public/a', method: 'GET' })).toMatchObject({ decision: 'allow' })
  })

  it('tells how an account stands: its locks, and what may still be mailed to it', async () => {
    const [admin, person] = [await newAdmin(gateway), await newPerson(gateway)]
    const question = { method: 'GET', url: '/private', account: person.email.toUpperCase(), as_user: person.userId }
    const mails = { id: 'mail-message', limit: 10 }
    const before = await asks(admin, question)
    expect(before).toMatchObject({ decision: 'allow', account: { locks: [] } })
    for (let count = 0; count < 5; count += 1)
      await newVisitor(gateway).send('POST', '/auth/v1/login', { email: person.email, password: 'wrong wrong' })
    await newVisitor(gateway).send('POST', '/auth/v1/password/forgot', { email: person.email })
    const { account } = await asks(admin, question)
    const left = ({ account: { limits } }: { account: { limits: { id: string; remaining: number }[] } }): number =>
      limits.find(({ id }) => id === mails.id)?.remaining ?? Number.NaN
    expect(account).toMatchObject({ locks: [{ pool: 'password', failures: 5, locked_until: expect.any(String) }] })
    expect(left({ account } as Parameters<typeof left>[0])).toBe(left(before as Parameters<typeof left>[0]) - 1)
    expect(await asks(admin, { ...question, account: 'nobody@example.com' })).toMatchObject({ account: { locks: [] } })
    const second = await newPerson(gateway)
    await enrol(second.visitor)
    const { email, password } = second
    const half = await (await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })).json()
    const { mfa_token } = half as { mfa_token: string }
    await newVisitor(gateway).send('POST', '/auth/v1/mfa/verify', { mfa_token, method: 'totp', code: '000000' })
    const locks = [{ pool: 'second factor', failures: 1, locked_until: null }]
    expect(await asks(admin, { ...question, account: email })).toMatchObject({ account: { locks } })
  })

  it('names what is wrong with a question', async () => {
    const { visitor } = await newAdmin(gateway)
    for (const wrong of [{ address: '300.1.1.1' }, { account: 'no address' }, { as_user: 'x' }, { number: 'x' }]) {
      const answer = await visitor.change('POST', '/auth/v1/admin/explain', { method: 'GET', url: '/', ...wrong })
      expect([answer.status, await answer.json()]).toMatchObject([
        422,
        { code: 'number' in wrong ? 'invalid_phone' : 'invalid_input' },
      ])
    }
  })

  it('is for administrators', async () => {
    const question = { method: 'GET', url: '/private' }
    expect((await newVisitor(gateway).send('POST', '/auth/v1/admin/explain', question)).status).toBe(401)
    const { visitor } = await newPerson(gateway)
    expect((await visitor.change('POST', '/auth/v1/admin/explain', question)).status).toBe(403)
  })
})
