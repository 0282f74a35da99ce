// Signing in by a code that comes to one's phone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, mailTo, newPerson, signInAgain } from '../support/people.ts'
import { codeTo, enrolPhone, newNumber, textsTo } from '../support/phones.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const start = (phone: string, visitor: Visitor = newVisitor(gateway)) =>
  visitor.send('POST', '/auth/v1/phone/start', { phone })
const verify = (phone: string, code: string, visitor: Visitor = newVisitor(gateway)) =>
  visitor.send('POST', '/auth/v1/phone/verify', { phone, code })
const wrong = (code: string): string => (code === '000000' ? '000001' : '000000')

async function withPhone(): Promise<Person & { number: string }> {
  const person = await newPerson(gateway)
  return { ...person, number: await enrolPhone(gateway, person) }
}

async function asked(number: string): Promise<string> {
  const before = textsTo(gateway, number).length
  expect((await start(number)).status).toBe(202)
  return codeTo(gateway, number, before)
}

describe('a code by text', () => {
  it('signs in, however the number is typed, once', async () => {
    const { number, userId } = await withPhone()
    const code = await asked(number)
    const visitor = newVisitor(gateway)
    const answer = await verify(`${number.slice(0, 3)} (0) ${number.slice(3, 7)}-${number.slice(7)}`, code, visitor)
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { status: 'signed_in', user: { id: userId }, session: { amr: ['sms'], aal: 'aal1' } },
    ])
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    expect((await verify(number, code)).status).toBe(401)
  })

  it('names the site it is for on its last line, so that phones fill it in nowhere else', async () => {
    const { number } = await withPhone()
    const code = await asked(number)
    const { host } = new URL(gateway.url)
    expect(textsTo(gateway, number).at(-1)?.text.split('\n').at(-1)).toBe(`@${host} #${code}`)
  })

  it('is void after five wrong tries, and after five minutes', async () => {
    const { number } = await withPhone()
    const code = await asked(number)
    for (let attempt = 0; attempt < 5; attempt += 1) expect((await verify(number, wrong(code))).status).toBe(401)
    expect((await verify(number, code)).status).toBe(401)
    const second = await asked(number)
    const late =
      'update challenges set code_expires_at = now(), expires_at = now() where phone = $1 and consumed_at is null'
    const [life] = await gateway.sql(
      'select extract(epoch from max(code_expires_at) - now())::float8 as s from challenges where phone = $1',
      [number],
    )
    expect(Number(life?.['s'])).toBeGreaterThan(290)
    expect(Number(life?.['s'])).toBeLessThanOrEqual(300)
    await gateway.sql(late, [number])
    expect((await verify(number, second)).status).toBe(401)
  })

  it('asked for in a browser is answered there alone, and nobody else uses up its tries', async () => {
    const { number } = await withPhone()
    const browser = newVisitor(gateway)
    await browser.open('/auth/phone')
    const before = textsTo(gateway, number).length
    expect((await browser.submit('/auth/phone', { phone: number })).status).toBe(200)
    const code = await codeTo(gateway, number, before)
    for (let attempt = 0; attempt < 6; attempt += 1) expect((await verify(number, code)).status).toBe(401)
    const answer = await browser.submit('/auth/phone/verify', { phone: number, code })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
    expect((await browser.send('GET', '/private')).status).toBe(200)
  })

  it('of enrolment opens no session', async () => {
    const person = await newPerson(gateway)
    const number = newNumber()
    await person.visitor.change('POST', '/auth/v1/phone/enrol/start', { phone: number })
    expect((await verify(number, await codeTo(gateway, number))).status).toBe(401)
  })

  it.each([
    ['locked', "update users set status = 'locked' where id = $1"],
    ['deleted', 'update users set deleted_at = now() where id = $1'],
  ])('opens no account that was %s since', async (_, change) => {
    const { number, userId } = await withPhone()
    const code = await asked(number)
    await gateway.sql(change, [userId])
    expect((await verify(number, code)).status).toBe(401)
  })

  it('is asked for the second factor like any other way in', async () => {
    const person = await withPhone()
    const app: Authenticator = await enrol(person.visitor)
    await letTimePass(gateway, person)
    const visitor = newVisitor(gateway)
    const answer = await verify(person.number, await asked(person.number), visitor)
    const paused = (await answer.json()) as { mfa_token: string }
    expect(paused).toMatchObject({ status: 'mfa_required', methods: ['totp', 'backup_code'] })
    const body = { mfa_token: paused.mfa_token, method: 'totp', code: totpCode(app.secret) }
    const done = await visitor.send('POST', '/auth/v1/mfa/verify', body)
    expect(await done.json()).toMatchObject({ session: { amr: ['sms', 'otp', 'mfa'], aal: 'aal2' } })
  })

  it('leaves neither the code nor the number in the log and the trail', async () => {
    const { number, userId } = await withPhone()
    const code = await asked(number)
    await verify(number, wrong(code))
    await verify(number, code)
    const rows = JSON.stringify(await gateway.sql('select * from audit_events'))
    expect(rows).toContain('phone-code.sent')
    expect(rows).toContain(userId)
    for (const secret of [number, number.slice(3), `"${code}"`]) {
      expect(rows).not.toContain(secret)
      expect(gateway.workerd.logs().join('\n')).not.toContain(secret)
    }
  })
})

describe('asking for a code by text', () => {
  it('answers alike for a number nobody signs in with, sends nothing and makes no account', async () => {
    const { number } = await withPhone()
    const unknown = newNumber()
    const [before] = await gateway.sql('select count(*) as n from users')
    const texts = textsTo(gateway, number).length
    const answers = await Promise.all(
      [number, unknown].map(async (one) => {
        const answer = await start(one)
        const { date: _, 'x-request-id': __, ...headers } = Object.fromEntries(answer.headers)
        return [answer.status, headers, await answer.text()]
      }),
    )
    expect(answers[0]).toEqual(answers[1])
    await codeTo(gateway, number, texts)
    expect(textsTo(gateway, unknown)).toEqual([])
    expect((await verify(unknown, '000000')).status).toBe(401)
    expect(await gateway.sql('select count(*) as n from users')).toEqual([before])
  })

  it('is limited to three an hour for each number, also for one that nobody has', async () => {
    // Making it one's own was one of the three.
    const expected = [
      [(await withPhone()).number, [202, 202, 429, 429]],
      [newNumber(), [202, 202, 202, 429]],
    ] as const
    for (const [number, statuses] of expected) {
      const seen = []
      for (const _ of statuses) seen.push(await start(number))
      expect(seen.map(({ status }) => status)).toEqual(statuses)
      const headers = seen.at(-1)?.headers
      const retryAfter = Number(headers?.get('retry-after'))
      expect(retryAfter).toBeGreaterThan(3500)
      expect(retryAfter).toBeLessThanOrEqual(3600)
      expect(headers?.get('ratelimit-policy')).toBe('"phone-code";q=3;w=3600')
      expect(headers?.get('ratelimit')).toBe(`"phone-code";r=0;t=${retryAfter}`)
    }
  })

  it('is limited to five a minute for each network', async () => {
    const visitor = newVisitor(gateway)
    const statuses = []
    for (let time = 0; time < 6; time += 1) statuses.push((await start(newNumber(), visitor)).status)
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
  })

  it.each([
    ['a landline', '+49 30 123456'],
    ['a premium number', '+49 900 1234567'],
    ['a country that no texts go to', '+94 71 234 5678'],
    ['a number with an extension', '+49 1512 3456789 ext. 5'],
    ['letters', 'call me'],
    ['nothing', ''],
  ])('is refused for %s', async (_, phone) => {
    const answer = await start(phone)
    expect([answer.status, ((await answer.json()) as { fields: unknown }).fields]).toEqual([
      422,
      [{ path: 'phone', reason: 'phone_invalid' }],
    ])
  })
})

describe('a phone of one’s own', () => {
  it('is set up with its code: all other sessions end, and the owner is told', async () => {
    const person = await newPerson(gateway)
    const other = await signInAgain(gateway, person)
    const number = await enrolPhone(gateway, person)
    expect(await (await person.visitor.send('GET', '/auth/v1/phone')).json()).toEqual({
      phone: `+49 … ${number.slice(-2)}`,
      use: 'sign-in',
    })
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    await expect.poll(async () => (await other.send('GET', '/private')).status, { timeout: 5000 }).toBe(401)
    await mailTo(gateway, person.email, /change to your account/)
    const types = await gateway.sql("select details from audit_events where user_id = $1 and type = 'factor.added'", [
      person.userId,
    ])
    expect(types).toEqual([{ details: { factor: 'phone', use: 'sign-in' } }])
  })

  it('is removed: it opens nothing any more, all other sessions end, and the owner is told', async () => {
    const person = await withPhone()
    const code = await asked(person.number)
    const other = await signInAgain(gateway, person)
    expect((await person.visitor.change('DELETE', '/auth/v1/phone')).status).toBe(204)
    expect((await verify(person.number, code)).status).toBe(401)
    const texts = textsTo(gateway, person.number).length
    expect((await start(person.number)).status).toBe(202)
    await expect.poll(async () => (await other.send('GET', '/private')).status, { timeout: 5000 }).toBe(401)
    await mailTo(gateway, person.email, /change to your account/)
    expect(textsTo(gateway, person.number).length).toBe(texts)
    expect((await person.visitor.change('DELETE', '/auth/v1/phone')).status).toBe(404)
  })

  it('needs a fresh proof', async () => {
    const person = await withPhone()
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [
      person.userId,
    ])
    const removed = async () => (await person.visitor.change('DELETE', '/auth/v1/phone')).status
    // The object knows the session by heart.
    await gateway.workerd.restart()
    expect(await removed()).toBe(401)
    const added = await person.visitor.change('POST', '/auth/v1/phone/enrol/start', { phone: newNumber() })
    expect(((await added.json()) as { code: string }).code).toBe('step_up_required')
  })

  it('is one for an account, and of one account', async () => {
    const { number, visitor } = await withPhone()
    const second = await visitor.change('POST', '/auth/v1/phone/enrol/start', { phone: newNumber() })
    expect([second.status, ((await second.json()) as { code: string }).code]).toEqual([409, 'factor_exists'])
    const other = await newPerson(gateway)
    const before = textsTo(gateway, number).length
    await other.visitor.change('POST', '/auth/v1/phone/enrol/start', { phone: number })
    const code = await codeTo(gateway, number, before)
    const taken = await other.visitor.change('POST', '/auth/v1/phone/enrol/finish', { code })
    expect([taken.status, ((await taken.json()) as { code: string }).code]).toEqual([409, 'phone_taken'])
  })
})

describe('the phone of a deleted account', () => {
  it('is free at once, and signs in to whoever makes it theirs', async () => {
    const before = await withPhone()
    await gateway.sql('update users set deleted_at = now() where id = $1', [before.userId])
    const person = await newPerson(gateway)
    const texts = textsTo(gateway, before.number).length
    await person.visitor.change('POST', '/auth/v1/phone/enrol/start', { phone: before.number })
    const code = await codeTo(gateway, before.number, texts)
    const finished = await person.visitor.change('POST', '/auth/v1/phone/enrol/finish', { code })
    expect(finished.status).toBe(200)
    const answer = await verify(before.number, await asked(before.number))
    expect(await answer.json()).toMatchObject({ user: { id: person.userId } })
  })
})

describe('a phone that is asked second', () => {
  async function second(): Promise<Person & { number: string }> {
    const person = await newPerson(gateway)
    return { ...person, number: await enrolPhone(gateway, person, { use: 'second-factor' }) }
  }

  async function paused({ email, password }: Person, visitor: Visitor): Promise<string> {
    const answer = await visitor.send('POST', '/auth/v1/login', { email, password })
    const body = (await answer.json()) as { mfa_token: string }
    expect(body).toMatchObject({ status: 'mfa_required', methods: ['sms'] })
    return body.mfa_token
  }

  const prove = (token: string, code: string, visitor: Visitor) =>
    visitor.send('POST', '/auth/v1/mfa/verify', { mfa_token: token, method: 'sms', code })

  it('completes a login by a password, and does not sign in by itself', async () => {
    const person = await second()
    const visitor = newVisitor(gateway)
    const token = await paused(person, visitor)
    const before = textsTo(gateway, person.number).length
    expect((await visitor.send('POST', '/auth/v1/mfa/sms/start', { mfa_token: token })).status).toBe(202)
    const code = await codeTo(gateway, person.number, before)
    expect((await verify(person.number, code)).status).toBe(401)
    const answer = await prove(token, code, visitor)
    expect(await answer.json()).toMatchObject({
      status: 'signed_in',
      session: { amr: ['pwd', 'sms', 'mfa'], aal: 'aal2' },
    })
    expect((await prove(token, code, newVisitor(gateway))).status).toBe(401)
    const alone = await start(person.number)
    expect(alone.status).toBe(202)
    expect(textsTo(gateway, person.number).length).toBe(before + 1)
  })

  it('takes five tries for a login, however many texts are asked for', async () => {
    const person = await second()
    const visitor = newVisitor(gateway)
    const token = await paused(person, visitor)
    const sent = async (): Promise<string> => {
      const before = textsTo(gateway, person.number).length
      await visitor.send('POST', '/auth/v1/mfa/sms/start', { mfa_token: token })
      return codeTo(gateway, person.number, before)
    }
    const first = await sent()
    for (let time = 0; time < 3; time += 1) expect((await prove(token, wrong(first), visitor)).status).toBe(401)
    const next = await sent()
    for (let time = 0; time < 2; time += 1) expect((await prove(token, wrong(next), visitor)).status).toBe(401)
    expect((await prove(token, next, visitor)).status).toBe(401)
  })

  it('sends no text for a token that nobody was given', async () => {
    const answer = await newVisitor(gateway).send('POST', '/auth/v1/mfa/sms/start', { mfa_token: 'A'.repeat(43) })
    expect(answer.status).toBe(401)
  })

  it('is removed only by whoever has it', async () => {
    const person = await second()
    expect((await person.visitor.change('DELETE', '/auth/v1/phone')).status).toBe(204)
    const visitor = newVisitor(gateway)
    const { email, password } = person
    const answer = await visitor.send('POST', '/auth/v1/login', { email, password })
    expect(await answer.json()).toMatchObject({ status: 'signed_in' })
  })
})
