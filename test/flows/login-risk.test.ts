// Sign-ins that are probably not the owner's, as both meet the gateway; `request.cf` says where a request comes from.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, mailTo, newEmail, newPerson } from '../support/people.ts'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { getAnswer } from '../../tools/dev/passkey-device.ts'
import { enrolPasskey, questionFor } from '../support/passkey.ts'
import { codeTo, enrolPhone, textsTo } from '../support/phones.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newAddress, newVisitor } from '../support/visitor.ts'

const device = '__Host-portcullis-device'
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const berlin = { country: 'DE', continent: 'EU', latitude: '52.5', longitude: '13.4' }
const hanoi = { country: 'VN', continent: 'AS', latitude: '21.0', longitude: '105.8' }

let [shadow, enforcing, refusing] = [] as unknown as TestGateway[] as [TestGateway, TestGateway, TestGateway]
beforeAll(async () => {
  const withRisk = async (risk: object): Promise<TestGateway> =>
    startGateway({ bundle: bundleWith({ ...shippedConfig, threats: { risk } }), isolates: 1 })
  shadow = await startGateway()
  enforcing = await withRisk({ state: 'enforce' })
  refusing = await withRisk({ state: 'enforce', whenHigh: 'refuse' })
})
afterAll(() => Promise.all([shadow, enforcing, refusing].map((gateway) => gateway.stop())))

const login = (person: Person, visitor: Visitor, cf: object, password = person.password): Promise<Response> =>
  visitor.send(
    'POST',
    '/auth/v1/login',
    { email: person.email, password },
    { 'test-cf': JSON.stringify(cf), 'user-agent': firefox },
  )

/** The browser at home, signed out. */
function atHome(gateway: TestGateway, { visitor: { ip, cookies } }: Person): Visitor {
  const visitor = newVisitor(gateway, ip)
  visitor.cookies.set(device, cookies.get(device) ?? '')
  return visitor
}

/** Somebody who has signed in at home for a while. */
async function settled(gateway: TestGateway): Promise<Person> {
  const person = await newPerson(gateway)
  for (let count = 0; count < 4; count += 1) {
    expect((await login(person, atHome(gateway, person), berlin)).status).toBe(200)
    await expect.poll(() => loginsLearned(gateway, person)).toBe(count + 2)
  }
  return person
}

async function loginsLearned(gateway: TestGateway, { userId }: Person): Promise<unknown> {
  const [row] = await gateway.sql(`select (habits->>'logins')::int as n from login_habits where user_id = $1`, [userId])
  return row?.['n']
}

const told = (gateway: TestGateway, { userId }: Person): Promise<Record<string, unknown>[]> =>
  gateway.sql(
    `select type, (details->>'risk_score')::int as score, details->>'country' as country,
       details->>'impossible_travel' as travel, details->>'risk_reasons' as reasons
     from audit_events where user_id = $1 and details ? 'risk_score' order by at desc, id desc limit 1`,
    [userId],
  )

describe('a sign-in from the other end of the world, with the right password', () => {
  it('is scored, explained and let in, in shadow', async () => {
    const person = await settled(shadow)
    expect(await told(shadow, person)).toMatchObject([{ type: 'login.succeeded', country: 'DE', travel: null }])
    const before = (await told(shadow, person))[0]?.['score']
    expect(before).toBeLessThan(50)
    expect((await login(person, newVisitor(shadow), hanoi)).status).toBe(200)
    const [found] = await told(shadow, person)
    expect(found).toMatchObject({ type: 'login.succeeded', country: 'VN', travel: 'true' })
    expect(found?.['score']).toBeGreaterThan(80)
    expect(found?.['reasons']).toMatch(/\w/)
  })

  it('opens no session where that is enforced: its owner gets a link, and comes in by that', async () => {
    const person = await settled(enforcing)
    const visitor = newVisitor(enforcing)
    const answer = await login(person, visitor, hanoi)
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'confirm_by_mail' }])
    expect(answer.headers.getSetCookie().filter((cookie) => cookie.startsWith('__Host-portcullis='))).toEqual([])
    expect((await visitor.send('GET', '/auth/v1/session')).status).toBe(401)
    const sessions = await enforcing.sql(`select 1 from sessions where user_id = $1 and host(ip) = $2`, [
      person.userId,
      visitor.ip,
    ])
    expect(sessions).toEqual([])
    await expect.poll(() => told(enforcing, person)).toMatchObject([{ type: 'login.held', country: 'VN' }])
    const { token } = await mailTo(enforcing, person.email, /sign in/i)
    const headers = { 'test-cf': JSON.stringify(hanoi), 'user-agent': firefox }
    const opened = await visitor.send('POST', '/auth/v1/magic-link/verify', { token }, headers)
    expect(opened.status).toBe(200)
    expect(await told(enforcing, person)).toMatchObject([{ type: 'login.succeeded', country: 'VN' }])
  })

  it('is asked for the second factor, where there is one, and is in with that', async () => {
    const person = await settled(enforcing)
    const { secret } = await enrol(person.visitor)
    await letTimePass(enforcing, person)
    const visitor = newVisitor(enforcing)
    const answer = await login(person, visitor, hanoi)
    const { status, mfa_token: token } = (await answer.json()) as { status: string; mfa_token: string }
    expect([answer.status, status]).toEqual([200, 'mfa_required'])
    expect((await told(enforcing, person))[0]?.['score']).toBeGreaterThan(80)
    const given = { mfa_token: token, method: 'totp', code: totpCode(secret) }
    expect((await visitor.send('POST', '/auth/v1/mfa/verify', given)).status).toBe(200)
  })

  it('is asked for the passkey where that is all there is, which asks for nothing at home', async () => {
    const person = await settled(enforcing)
    const passkey = await enrolPasskey(person.visitor, enforcing.url)
    expect(await (await login(person, atHome(enforcing, person), berlin)).json()).toMatchObject({ status: 'signed_in' })
    const mails = enforcing.mail.messages().length
    const visitor = newVisitor(enforcing)
    const answer = await login(person, visitor, hanoi)
    const half = (await answer.json()) as { mfa_token: string }
    expect(half).toMatchObject({ status: 'mfa_required', methods: ['passkey'] })
    expect((await visitor.send('GET', '/auth/v1/session')).status).toBe(401)
    const question = await questionFor(visitor, { mfa_token: half.mfa_token })
    const given = { mfa_token: half.mfa_token, method: 'passkey', response: getAnswer(passkey, question) }
    expect((await visitor.send('POST', '/auth/v1/mfa/verify', given)).status).toBe(200)
    expect((await visitor.send('GET', '/auth/v1/session')).status).toBe(200)
    expect(enforcing.mail.messages().length).toBe(mails)
  })

  it('by a code by text opens no session either', async () => {
    const person = await settled(enforcing)
    const number = await enrolPhone(enforcing, person)
    const visitor = newVisitor(enforcing)
    const headers = { 'test-cf': JSON.stringify(hanoi), 'user-agent': firefox }
    const texts = textsTo(enforcing, number).length
    expect((await visitor.send('POST', '/auth/v1/phone/start', { phone: number }, headers)).status).toBe(202)
    const code = await codeTo(enforcing, number, texts)
    const answer = await visitor.send('POST', '/auth/v1/phone/verify', { phone: number, code }, headers)
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'confirm_by_mail' }])
    expect((await visitor.send('GET', '/auth/v1/session')).status).toBe(401)
    expect((await mailTo(enforcing, person.email, /sign in/i)).token).toMatch(/./)
  })

  it('by a passkey is scored and let in', async () => {
    const person = await settled(enforcing)
    const passkey = await enrolPasskey(person.visitor, enforcing.url)
    const visitor = newVisitor(enforcing)
    const headers = { 'test-cf': JSON.stringify(hanoi), 'user-agent': firefox }
    const question = await questionFor(visitor)
    const body = { challenge_id: question.challenge_id, response: getAnswer(passkey, question) }
    expect((await visitor.send('POST', '/auth/v1/webauthn/authenticate/finish', body, headers)).status).toBe(200)
    const [found] = await told(enforcing, person)
    expect(found).toMatchObject({ type: 'login.succeeded', country: 'VN', travel: 'true' })
  })

  it('is refused where the site wants that, and nothing is mailed', async () => {
    const person = await settled(refusing)
    const mails = refusing.mail.messages().length
    const answer = await login(person, newVisitor(refusing), hanoi)
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'login_refused' }])
    expect(refusing.mail.messages().length).toBe(mails)
  })

  it('shows people the form again, with what to do', async () => {
    const person = await settled(enforcing)
    const visitor = newVisitor(enforcing)
    await visitor.open('/auth/login')
    const fields = {
      email: person.email,
      password: person.password,
      csrf_token: visitor.cookies.get('__Host-portcullis-csrf') ?? '',
    }
    const answer = await fetch(`${enforcing.url}/auth/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-site': 'same-origin',
        'user-agent': firefox,
        'cf-connecting-ip': visitor.ip,
        'test-cf': JSON.stringify(hanoi),
        cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      body: new URLSearchParams(fields),
    })
    const page = await answer.text()
    expect([answer.status, page.includes('This sign-in looks unusual. We have sent a link')]).toEqual([403, true])
    expect(page).toContain(`value="${person.email}"`)
  })
})

describe('what is judged', () => {
  it('includes wrong passwords, and those for nobody, alike', async () => {
    const person = await settled(shadow)
    const wrong = await login(person, newVisitor(shadow), hanoi, 'a wrong password')
    expect(wrong.status).toBe(401)
    await expect
      .poll(() => told(shadow, person))
      .toMatchObject([{ type: 'login.failed', country: 'VN', travel: 'true' }])
    const ip = newAddress()
    await login({ ...person, email: newEmail() }, newVisitor(shadow, ip), hanoi)
    await expect
      .poll(() => shadow.sql(`select details ? 'risk_score' as scored from audit_events where host(ip) = $1`, [ip]))
      .toEqual([{ scored: true }])
  })

  it('is nothing that a client says of itself: only the platform knows where it is', async () => {
    const person = await settled(enforcing)
    const headers = {
      'cf-ipcountry': 'VN',
      'x-forwarded-for': '198.51.100.1',
      'test-cf': JSON.stringify(berlin),
      'user-agent': firefox,
    }
    const body = { email: person.email, password: person.password }
    expect((await atHome(enforcing, person).send('POST', '/auth/v1/login', body, headers)).status).toBe(200)
    expect(await told(enforcing, person)).toMatchObject([{ type: 'login.succeeded', country: 'DE' }])
  })
})

describe('habits', () => {
  it('name no address, no browser and no street', async () => {
    const person = await settled(shadow)
    const [row] = await shadow.sql('select habits::text as habits from login_habits where user_id = $1', [
      person.userId,
    ])
    const stored = String(row?.['habits'])
    expect(stored).not.toContain(person.visitor.ip.split('.').slice(0, 3).join('.'))
    expect(stored).not.toContain('Firefox')
    expect(stored).toContain('"latitude": 52.5')
  })

  it('that cannot be read keep nobody out', async () => {
    const person = await settled(refusing)
    await refusing.sql('alter table login_habits rename to away')
    try {
      expect((await login(person, atHome(refusing, person), berlin)).status).toBe(200)
    } finally {
      await refusing.sql('alter table away rename to login_habits')
    }
  })
})
