// What happened is in the trail: once, with who, from where and which request, and with nothing that could be abused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leakedPassword } from '../../tools/dev/breach-list.ts'
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

  it('tells what was asked for and not sent, and to whom it was about where there is somebody', async () => {
    const { email, userId } = await newPerson(gateway)
    const visitor = newVisitor(gateway)
    const [unknown, fresh] = [newEmail(), newEmail()]
    await post(visitor, '/auth/v1/signup', { email: fresh, password: goodPassword })
    const [newcomer] = await gateway.sql('select id from users where email = $1', [fresh])
    const ofNewcomer = newcomer?.['id'] as string
    const cases = [
      ['/auth/v1/email/resend', { email: fresh }, 'verification.sent', 'success', ofNewcomer],
      ['/auth/v1/email/resend', { email }, 'message.unsent', 'failure', userId],
      ['/auth/v1/email/resend', { email: unknown }, 'message.unsent', 'failure', null],
      ['/auth/v1/magic-link/start', { email }, 'magic-link.sent', 'success', userId],
      ['/auth/v1/magic-link/start', { email: unknown }, 'message.unsent', 'failure', null],
      ['/auth/v1/password/forgot', { email }, 'password.reset-asked', 'success', userId],
      ['/auth/v1/password/forgot', { email: unknown }, 'message.unsent', 'failure', null],
      ['/auth/v1/phone/start', { phone: '+12015550123' }, 'message.unsent', 'failure', null],
      ['/auth/v1/signup', { email, password: goodPassword }, 'sign-up.repeated', 'failure', userId],
      ['/auth/v1/signup', { email: fresh, password: goodPassword }, 'sign-up.repeated', 'failure', ofNewcomer],
    ] as const
    for (const [path, body, type, outcome, whose] of cases) {
      // Each from elsewhere: limits are not the matter here.
      const asker = newVisitor(gateway)
      const request = await post(asker, path, body)
      expect([path, request.status]).toEqual([path, 202])
      await expectRecorded({ type, outcome, userId: whose, visitor: asker, request })
      expect((await rowsOf(request)).map((row) => row['type'])).toEqual([type])
    }
    const rows = JSON.stringify(await gateway.sql('select reason, details from audit_events'))
    for (const target of [email, unknown, fresh, '2015550123']) expect(rows).not.toContain(target)
  })

  it('tells of new passwords that were refused, and by whom where they are signed in', async () => {
    const { visitor: owner, userId, password } = await newPerson(gateway)
    const reasonOf = async (request: Response): Promise<unknown> =>
      (await rowsOf(request)).find((row) => row['type'] === 'password.refused')?.['reason']
    const stranger = newVisitor(gateway)
    const common = await post(stranger, '/auth/v1/signup', { email: newEmail(), password: 'iloveyou' })
    await expectRecorded({
      type: 'password.refused',
      outcome: 'failure',
      userId: null,
      visitor: stranger,
      request: common,
    })
    expect(await reasonOf(common)).toBe('password_common')
    const change = { current_password: password, new_password: leakedPassword }
    const leaked = await post(owner, '/auth/v1/password/change', change, await csrfOf(owner))
    await expectRecorded({ type: 'password.refused', outcome: 'failure', userId, visitor: owner, request: leaked })
    expect(await reasonOf(leaked)).toBe('password_breached')
    const trail = JSON.stringify(await gateway.sql('select * from audit_events'))
    for (const secret of ['iloveyou', leakedPassword]) expect(trail).not.toContain(secret)
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
