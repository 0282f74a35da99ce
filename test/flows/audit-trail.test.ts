// What happened is in the trail: once, with who, from where and which request, and with nothing that could be abused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { refusedUpgrade } from '../support/socket.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const agent = { 'user-agent': 'Audit Test/1.0' }

interface Expected {
  readonly type: string
  readonly outcome: 'success' | 'failure'
  readonly userId: string | null
  readonly visitor: Visitor
  readonly request: Response
}

/** Everything this request left in the trail. */
async function rowsOf(request: Response): Promise<Record<string, unknown>[]> {
  return gateway.sql('select *, host(ip) as address from audit_events where request_id = $1 order by type', [
    request.headers.get('x-request-id'),
  ])
}

async function expectRecorded({ type, outcome, userId, visitor, request }: Expected): Promise<void> {
  const shown = async (): Promise<unknown> =>
    (await rowsOf(request))
      .filter((row) => row['type'] === type)
      .map((row) => [row['outcome'], row['user_id'], row['address'], row['user_agent']])
  await expect
    .poll(shown, { timeout: 5000, message: type })
    .toEqual([[outcome, userId, visitor.ip, agent['user-agent']]])
}

const post = (visitor: Visitor, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  visitor.send('POST', path, body, { ...agent, ...headers })

async function csrfOf(visitor: Visitor): Promise<Record<string, string>> {
  const { csrf_token: token } = (await (await visitor.send('GET', '/auth/v1/csrf')).json()) as { csrf_token: string }
  return { 'x-csrf-token': token }
}

describe('the trail', () => {
  it('tells a sign-up from first to last, and none of its secrets', async () => {
    const visitor = newVisitor(gateway)
    const email = newEmail()
    const created = await post(visitor, '/auth/v1/signup', { email, password: goodPassword })
    const { code, token } = await mailTo(gateway, email)
    const wrong = await post(visitor, '/auth/v1/email/verify', { email, code: code === '000000' ? '000001' : '000000' })
    const verified = await post(visitor, '/auth/v1/email/verify', { email, code })
    const userId = ((await verified.json()) as { user: { id: string } }).user.id
    const cookie = visitor.cookies.get('__Host-portcullis') ?? ''
    const out = await post(visitor, '/auth/v1/logout', {}, await csrfOf(visitor))
    const failed = await post(visitor, '/auth/v1/login', { email, password: 'not the password' })
    const unknown = await post(visitor, '/auth/v1/login', { email: `x${email}`, password: 'not the password' })
    const again = await post(visitor, '/auth/v1/login', { email, password: goodPassword })
    const success = { outcome: 'success', userId, visitor } as const
    await expectRecorded({ ...success, type: 'user.created', request: created })
    await expectRecorded({ type: 'challenge.failed', outcome: 'failure', userId: null, visitor, request: wrong })
    await expectRecorded({ ...success, type: 'email.verified', request: verified })
    await expectRecorded({ ...success, type: 'login.succeeded', request: verified })
    await expectRecorded({ ...success, type: 'session.ended', request: out })
    await expectRecorded({ type: 'login.failed', outcome: 'failure', userId, visitor, request: failed })
    await expectRecorded({ type: 'login.failed', outcome: 'failure', userId: null, visitor, request: unknown })
    await expectRecorded({ ...success, type: 'login.succeeded', request: again })
    const trail = JSON.stringify(await gateway.sql('select * from audit_events'))
    for (const secret of [email, goodPassword, 'not the password', token, cookie.slice(-43)])
      expect(trail).not.toContain(secret)
    expect(trail).not.toMatch(/@|argon2/)
    const details = JSON.stringify(await gateway.sql('select reason, details from audit_events'))
    expect(details).not.toMatch(/\b\d{6}\b/)
  })

  it('tells refusals: limits, forged requests, missing roles, foreign pages', async () => {
    const person = await newPerson(gateway)
    const { visitor, userId } = person
    const forged = await post(visitor, '/auth/v1/logout', {})
    const denied = await visitor.send('GET', '/admin/x', undefined, agent)
    const failure = { outcome: 'failure', userId, visitor } as const
    await expectRecorded({ ...failure, type: 'csrf.refused', request: forged })
    await expectRecorded({ ...failure, type: 'access.denied', request: denied })
    const stranger = newVisitor(gateway)
    let last = await post(stranger, '/auth/v1/login', { email: person.email, password: 'wrong wrong' })
    for (let tries = 0; tries < 5; tries += 1)
      last = await post(stranger, '/auth/v1/login', { email: person.email, password: 'wrong wrong' })
    expect(last.status).toBe(429)
    await expectRecorded({ type: 'login.limited', outcome: 'failure', userId: null, visitor: stranger, request: last })
  })

  it('tells of another site that tried to open a WebSocket with the visitor’s session', async () => {
    const { visitor, userId } = await newPerson(gateway)
    const { code, requestId } = await refusedUpgrade(gateway, visitor, '/private/echo', {
      origin: 'https://evil.example',
    })
    expect(code).toBe('origin_not_allowed')
    const rows = (): Promise<unknown> =>
      gateway.sql('select type, outcome, reason, user_id, host(ip) as ip from audit_events where request_id = $1', [
        requestId,
      ])
    const expected = { type: 'access.denied', outcome: 'failure', reason: 'web socket origin' }
    await expect.poll(rows, { timeout: 5000 }).toEqual([{ ...expected, user_id: userId, ip: visitor.ip }])
    const nobody = newVisitor(gateway)
    const refused = await refusedUpgrade(gateway, nobody, '/public/echo', { origin: 'https://evil.example' })
    const ofNobody = (): Promise<unknown> =>
      gateway.sql('select type, reason, user_id from audit_events where request_id = $1', [refused.requestId])
    await expect
      .poll(ofNobody, { timeout: 5000 })
      .toEqual([{ type: 'access.denied', reason: expected.reason, user_id: null }])
  })

  it('tells of a mail that could not be delivered', async () => {
    const visitor = newVisitor(gateway)
    gateway.mail.mode('fail')
    try {
      const request = await post(visitor, '/auth/v1/signup', { email: newEmail(), password: goodPassword })
      expect(request.status).toBe(202)
      const types = async (): Promise<unknown> => (await rowsOf(request)).map((row) => row['type'])
      await expect.poll(types, { timeout: 20_000, interval: 100 }).toEqual(['message.undelivered', 'user.created'])
    } finally {
      gateway.mail.mode('ok')
    }
  })
})
