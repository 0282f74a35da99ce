// Abuse as it meets the gateway: seen, told once, and, where the site says so, answered by the rules.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newEmail, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, withoutDelay } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const token = 'a-token-of-the-test'
const unlimited = { limit: 10_000 }

let gateway: TestGateway
beforeAll(async () => {
  const threats = {
    detectors: {
      'credential-stuffing': { state: 'enforce', thresholds: { failures: 6, accounts: 6 } },
      'account-enumeration': { thresholds: { names: 20 } },
      'distributed-guessing': { thresholds: { failures: 8, networks: 6 } },
      'token-spraying': { thresholds: { refused: 20, tokens: 20 } },
    },
  }
  const rules = { login: { limit: 60 }, 'magic-link-start': unlimited, 'login-network': { state: 'enforce' } }
  gateway = await startGateway({
    bundle: bundleWith({ ...withoutDelay, threats, limits: { rules } }),
    bindings: { METRICS_TOKEN: token },
  })
})
afterAll(() => gateway.stop())

const login = (email: string, password: string, ip: string): Promise<Response> =>
  newVisitor(gateway, ip).send('POST', '/auth/v1/login', { email, password })

async function told(ip: string): Promise<Record<string, unknown>[]> {
  return gateway.sql(
    `select reason, details->>'subject' as subject, details->>'enforced' as enforced,
       details->>'recommended_action' as action, user_id from audit_events
     where type = 'threat.detected' and host(ip) = $1 order by at, reason`,
    [ip],
  )
}

const rows = (...all: readonly (readonly [reason: string, subject: string, enforced: string, action: string])[]) =>
  all.map(([reason, subject, enforced, action]) => ({ reason, subject, enforced, action, user_id: null }))

describe('credential stuffing from one address', () => {
  it('is told and slowed down, it alone, and only where passwords are given', async () => {
    const [attacker, honest] = ['203.0.113.7', '203.0.114.7']
    const person = await newPerson(gateway)
    for (let count = 0; count < 6; count += 1) expect((await login(newEmail(), 'wrong', attacker)).status).toBe(401)
    await expect.poll(() => told(attacker)).toEqual(rows(['credential-stuffing', 'address', 'true', 'rate_limit']))
    // A tenth from now on, and six there were.
    const slowed = await login(newEmail(), 'wrong', attacker)
    expect([slowed.status, slowed.headers.get('ratelimit-policy')]).toEqual([429, '"login";q=6;w=60'])
    expect((await login(person.email, person.password, honest)).status).toBe(200)
    expect((await newVisitor(gateway, attacker).send('GET', '/public/a')).status).toBe(200)
    const metrics = await fetch(`${gateway.url}/auth/metrics`, { headers: { authorization: `Bearer ${token}` } })
    expect(await metrics.text()).toContain('portcullis_threats_enforced_total{detector="credential-stuffing"} 1')
  })
})

describe('credential stuffing from many addresses of a network', () => {
  it('restricts the network, where no address of it did enough', async () => {
    const person = await newPerson(gateway)
    for (let count = 0; count < 30; count += 1) {
      const answer = await login(newEmail(), 'wrong', `203.0.118.${count}`)
      expect(answer.status).toBe(401)
    }
    await expect
      .poll(() =>
        gateway.sql(
          `select details->>'subject' as subject from audit_events where type = 'threat.detected' and ip << '203.0.118.0/24'`,
        ),
      )
      .toContainEqual({ subject: 'network' })
    const neighbour = await login(person.email, person.password, '203.0.118.200')
    expect([neighbour.status, neighbour.headers.get('ratelimit-policy')]).toEqual([429, '"login-network";q=30;w=60'])
    expect((await login(person.email, person.password, '203.0.119.200')).status).toBe(200)
  })
})

describe('in shadow', () => {
  it('asking mailbox after mailbox is told and keeps nobody out', async () => {
    const attacker = '203.0.116.7'
    const visitor = newVisitor(gateway, attacker)
    const ask = (): Promise<Response> => visitor.send('POST', '/auth/v1/magic-link/start', { email: newEmail() })
    for (let count = 0; count < 20; count += 1) expect((await ask()).status).toBe(202)
    await expect.poll(() => told(attacker)).toEqual(rows(['account-enumeration', 'address', 'false', 'rate_limit']))
    for (let count = 0; count < 12; count += 1) expect((await ask()).status).toBe(202)
  })

  it('guesses at one account from many networks are told, although the account is locked meanwhile', async () => {
    const { email } = await newPerson(gateway)
    for (let count = 0; count < 9; count += 1)
      expect((await login(email, 'wrong', `198.18.${count}.7`)).status).toBe(count < 5 ? 401 : 429)
    await expect
      .poll(async () => (await told('198.18.7.7')).concat(await told('198.18.8.7')))
      .toEqual(rows(['distributed-guessing', 'account', 'false', 'monitor']))
  })

  it('made-up session cookies by the dozen are told, one that has ended is not', async () => {
    const attacker = '203.0.117.7'
    for (let count = 0; count < 30; count += 1) {
      const visitor = newVisitor(gateway, attacker)
      visitor.cookies.set(
        '__Host-portcullis',
        `all-1.${randomBytes(16).toString('hex')}.${randomBytes(32).toString('base64url')}`,
      )
      expect((await visitor.send('GET', '/public/a')).status).toBe(200)
    }
    await expect.poll(() => told(attacker)).toEqual(rows(['token-spraying', 'address', 'false', 'rate_limit']))
    const person = await newPerson(gateway)
    const ended = await signInAgain(gateway, person)
    const cookies = [...ended.cookies]
    await ended.change('POST', '/auth/v1/logout')
    for (let count = 0; count < 40; count += 1) {
      const visitor = newVisitor(gateway, ended.ip)
      for (const [name, value] of cookies) visitor.cookies.set(name, value)
      await visitor.send('GET', '/public/a')
    }
    expect(await told(ended.ip)).toEqual([])
  })
})

describe('an honest person', () => {
  it('who mistypes a few times is nobody’s finding', async () => {
    const person = await newPerson(gateway)
    for (let count = 0; count < 3; count += 1) await login(person.email, 'mistyped', person.visitor.ip)
    expect((await login(person.email, person.password, person.visitor.ip)).status).toBe(200)
    expect(await told(person.visitor.ip)).toEqual([])
  })
})
