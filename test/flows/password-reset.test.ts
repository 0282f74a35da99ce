// A new password, by the mailbox or by the one before; and what may be one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leakedPassword } from '../../tools/dev/breach-list.ts'
import { enrol, totpCode, letTimePass } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, goodPassword, mailTo, newEmail, newPerson, signInAgain } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const next = 'a password that came later'
const login = async (email: string, password: string): Promise<number> =>
  (await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })).status
const reset = (body: object, visitor = newVisitor(gateway)): Promise<Response> =>
  visitor.send('POST', '/auth/v1/password/reset', body)
const statusOf = async (visitor: Visitor): Promise<number> => (await visitor.send('GET', '/private')).status

async function forgotten(): Promise<Person & { mail: Awaited<ReturnType<typeof mailTo>> }> {
  const person = await newPerson(gateway)
  // Seen once: from now on the user object knows the session without asking the database.
  expect(await statusOf(person.visitor)).toBe(200)
  expect((await newVisitor(gateway).send('POST', '/auth/v1/password/forgot', { email: person.email })).status).toBe(202)
  return { ...person, mail: await mailTo(gateway, person.email, /new password/) }
}

describe('a forgotten password', () => {
  it.each([
    ['link', ({ mail }: Awaited<ReturnType<typeof forgotten>>) => ({ token: mail.token })],
    ['code', ({ mail, email }: Awaited<ReturnType<typeof forgotten>>) => ({ email, code: mail.code })],
  ])('is replaced by the %s of the mail: the old one is void, every session ends, the owner is told', async (_, by) => {
    const person = await forgotten()
    const answer = await reset({ ...by(person), new_password: next })
    expect([answer.status, await answer.json(), answer.headers.getSetCookie()]).toEqual([
      200,
      { status: 'password_changed' },
      [],
    ])
    expect([await login(person.email, person.password), await login(person.email, next)]).toEqual([401, 200])
    await expect.poll(() => statusOf(person.visitor), { timeout: 5000 }).toBe(401)
    const told = gateway.mail
      .messages()
      .filter(({ to, text }) => to.includes(person.email) && text.includes('password was changed'))
    expect(told.length).toBe(1)
    for (const again of [{ token: person.mail.token }, { email: person.email, code: person.mail.code }])
      expect((await reset({ ...again, new_password: `${next} again` })).status).toBe(401)
    const audits = await gateway.sql(
      "select type from audit_events where user_id = $1 and type like 'password.%' order by at",
      [person.userId],
    )
    expect(audits.map(({ type }) => type)).toEqual(['password.reset-asked', 'password.reset'])
  })

  it('is not replaced by opening the link, however often, nor by a refused password', async () => {
    const { mail, email } = await forgotten()
    for (let time = 0; time < 3; time += 1) expect((await newVisitor(gateway).open(mail.link)).status).toBe(200)
    for (const refused of ['short', 'password123', leakedPassword, email])
      expect((await reset({ token: mail.token, new_password: refused })).status).toBe(422)
    expect((await reset({ token: mail.token, new_password: next })).status).toBe(200)
  })

  it('is asked for alike whether or not the account exists', async () => {
    const { email } = await newPerson(gateway)
    const unknown = newEmail()
    const answers = await Promise.all(
      [email, unknown].map(async (address) => {
        const answer = await newVisitor(gateway).send('POST', '/auth/v1/password/forgot', { email: address })
        return [answer.status, await answer.text()]
      }),
    )
    expect(answers[0]).toEqual(answers[1])
    await mailTo(gateway, email, /new password/)
    expect(gateway.mail.messages().some(({ to }) => to.includes(unknown))).toBe(false)
  })

  it('is mailed with the site’s own address, whatever the request calls itself', async () => {
    const { email } = await newPerson(gateway)
    const visitor = newVisitor(gateway)
    await visitor.send(
      'POST',
      '/auth/v1/password/forgot',
      { email },
      { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
    )
    expect((await mailTo(gateway, email, /new password/)).link.startsWith(`${gateway.url}/auth/reset?token=`)).toBe(
      true,
    )
  })

  it('is replaced for ten minutes after it was asked for', async () => {
    const { mail, userId } = await forgotten()
    await gateway.sql("update challenges set expires_at = expires_at - interval '10 minutes' where user_id = $1", [
      userId,
    ])
    expect((await reset({ token: mail.token, new_password: next })).status).toBe(401)
  })

  it('leaves the second factor as it is', async () => {
    const person = await newPerson(gateway)
    const app = await enrol(person.visitor)
    await letTimePass(gateway, person)
    await newVisitor(gateway).send('POST', '/auth/v1/password/forgot', { email: person.email })
    const { token } = await mailTo(gateway, person.email, /new password/)
    expect((await reset({ token, new_password: next })).status).toBe(200)
    const visitor = newVisitor(gateway)
    const half = (await (
      await visitor.send('POST', '/auth/v1/login', { email: person.email, password: next })
    ).json()) as Record<string, string>
    expect(half['status']).toBe('mfa_required')
    const given = { mfa_token: half['mfa_token'], method: 'totp', code: totpCode(app.secret) }
    expect((await visitor.send('POST', '/auth/v1/mfa/verify', given)).status).toBe(200)
  })

  it('ends every other question that was mailed before', async () => {
    const { email, mail } = await forgotten()
    await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email })
    const magic = await mailTo(gateway, email, /Sign in to/)
    expect((await reset({ token: mail.token, new_password: next })).status).toBe(200)
    expect((await newVisitor(gateway).send('POST', '/auth/v1/magic-link/verify', { token: magic.token })).status).toBe(
      401,
    )
  })
})

describe('a password that is changed', () => {
  const change = (visitor: Visitor, current: string, password: string): Promise<Response> =>
    visitor.change('POST', '/auth/v1/password/change', { current_password: current, new_password: password })

  it('needs the one before, ends all other sessions, and is told to the owner', async () => {
    const person = await newPerson(gateway)
    const other = await signInAgain(gateway, person)
    const wrong = await change(person.visitor, 'not the password', next)
    expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([401, 'invalid_credentials'])
    expect(await statusOf(other)).toBe(200)
    const answer = await change(person.visitor, person.password, next)
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'password_changed' }])
    expect([await statusOf(person.visitor), await statusOf(other)]).toEqual([200, 401])
    expect([await login(person.email, person.password), await login(person.email, next)]).toEqual([401, 200])
    await mailTo(gateway, person.email, /change to your account/)
  })

  it('is refused without a session, without a token, and when it is a bad one', async () => {
    const person = await newPerson(gateway)
    const body = { current_password: person.password, new_password: next }
    expect((await newVisitor(gateway).send('POST', '/auth/v1/password/change', body)).status).toBe(401)
    expect((await person.visitor.send('POST', '/auth/v1/password/change', body)).status).toBe(403)
    const weak = await change(person.visitor, person.password, 'iloveyou2')
    expect([weak.status, ((await weak.json()) as { fields: unknown }).fields]).toEqual([
      422,
      [{ path: 'new_password', reason: 'password_common' }],
    ])
  })

  it('is not guessed by whoever holds a session, from however many networks', async () => {
    const person = await newPerson(gateway)
    const statuses: number[] = []
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const thief = newVisitor(gateway)
      for (const [name, value] of person.visitor.cookies) thief.cookies.set(name, value)
      statuses.push((await change(thief, `guess number ${attempt}`, next)).status)
    }
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401))
    expect(statuses.slice(10)).toEqual([429, 429])
  })

  it('is found by password managers', async () => {
    const answer = await newVisitor(gateway).open('/.well-known/change-password')
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/auth/account/password'])
  })
})

describe('a new password', () => {
  const signUp = async (password: string, to = gateway): Promise<[number, unknown]> => {
    const answer = await newVisitor(to).send('POST', '/auth/v1/signup', { email: newEmail(), password })
    const body = await answer.text()
    expect(body).not.toContain(password)
    return [answer.status, (JSON.parse(body) as { fields?: unknown }).fields]
  }
  const refusedAs = (reason: string) => [422, [{ path: 'password', reason }]]

  it('may not be one of the common ones', async () => {
    for (const password of ['Password1', 'P@ssw0rd2024!', 'qwertyuiop', '12345678'])
      expect(await signUp(password)).toEqual(refusedAs('password_common'))
  })

  it('may not be known from a leak, of which nobody is told more than five digits', async () => {
    expect(await signUp(leakedPassword)).toEqual(refusedAs('password_breached'))
    expect(gateway.breachList.asked().at(-1)).toEqual({
      path: expect.stringMatching(/^\/range\/[0-9A-F]{5}$/),
      padding: 'true',
    })
  })

  it.each(['fail', 'hang', 'portal'] as const)(
    'is taken, and the outage audited, while the list answers by %s',
    async (mode) => {
      gateway.breachList.mode(mode)
      const before = (await outages(gateway)).length
      try {
        const startedAt = performance.now()
        expect((await signUp(goodPassword))[0]).toBe(202)
        expect(performance.now() - startedAt).toBeLessThan(4000)
        expect(await signUp('iloveyou')).toEqual(refusedAs('password_common'))
      } finally {
        gateway.breachList.mode('ok')
      }
      await expect.poll(async () => (await outages(gateway)).length, { timeout: 10_000 }).toBe(before + 1)
      expect(JSON.stringify(await outages(gateway))).not.toMatch(/range/)
    },
  )

  it('is refused while the list is away where the site wants that', async () => {
    const bundle = bundleWith({ ...shippedConfig, breachList: { whenUnavailable: 'closed' } })
    const closed = await startGateway({ bundle })
    try {
      expect((await signUp(goodPassword, closed))[0]).toBe(202)
      closed.breachList.mode('fail')
      expect((await signUp(goodPassword, closed))[0]).toBe(503)
    } finally {
      await closed.stop()
    }
  })
})

function outages(of: TestGateway): Promise<Record<string, unknown>[]> {
  return of.sql("select reason, details from audit_events where type = 'breach-list.failed'")
}
