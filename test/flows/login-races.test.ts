// Whatever is good once is good once for two hundred who try at the same time, twenty times over.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol, letTimePass, totpCode, type Authenticator } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { enrolPasskey, getAnswer, questionFor, type Passkey } from '../support/passkey.ts'
import { type Person, mailTo, newPerson } from '../support/people.ts'
import { codeTo, enrolPhone, textsTo } from '../support/phones.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const racers = 200
const rounds = 20

let gateway: TestGateway
let person: Person
let app: Authenticator
beforeAll(async () => {
  // Twenty rounds are more than may be written to one mailbox in an hour.
  const off = { state: 'off' } as const
  const limits = {
    rules: { 'mail-message': off, 'phone-code': off, 'sms-number': off, 'webauthn-start': off, 'webauthn-finish': off },
  }
  gateway = await startGateway({ bundle: await bundleWith({ ...shippedConfig, limits }) })
  person = await newPerson(gateway)
  const other = await newPerson(gateway)
  app = await enrol(other.visitor)
  enrolled = other
  number = await enrolPhone(gateway, person)
  passkey = await enrolPasskey(person.visitor, gateway.url)
  racer = newVisitor(gateway)
})
afterAll(() => gateway.stop())
let enrolled: Person
let number: string
let passkey: Passkey
/** The browser that asked: all who answer are in it. */
let racer: Visitor

const post = (path: string, body: object): Promise<Response> => newVisitor(gateway).send('POST', path, body)

/** How many of the racers were answered 200; the others must have been told no, or to come again. */
async function winners(path: string, body: object): Promise<number> {
  const answers = await Promise.all(Array.from({ length: racers }, () => post(path, body)))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => ![200, 401, 429, 503].includes(status))).toEqual([])
  return statuses.filter((status) => status === 200).length
}

describe('the challenge of a passkey', () => {
  it(`has one winner among ${racers} racers in one browser, ${rounds} times`, async () => {
    const counts: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const question = await questionFor(racer)
      const pre = racer.cookies.get('__Host-portcullis-pre') ?? ''
      const body = { challenge_id: question.challenge_id, response: getAnswer(passkey, question) }
      const answers = await Promise.all(
        Array.from({ length: racers }, () => {
          const tab = newVisitor(gateway)
          tab.cookies.set('__Host-portcullis-pre', pre)
          return tab.send('POST', '/auth/v1/webauthn/authenticate/finish', body)
        }),
      )
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => ![200, 401, 503].includes(status))).toEqual([])
      counts.push(statuses.filter((status) => status === 200).length)
    }
    expect(counts).toEqual(Array.from({ length: rounds }, () => 1))
  }, 300_000)

  it('and one number of a counter is good for one of two challenges', async () => {
    const counting = await enrolPasskey(enrolled.visitor, gateway.url, { counts: true })
    for (let round = 0; round < rounds; round += 1) {
      const visitors = Array.from({ length: 4 }, () => newVisitor(gateway))
      const questions = await Promise.all(visitors.map((visitor) => questionFor(visitor)))
      const counter = round + 2
      const answers = await Promise.all(
        visitors.map((visitor, index) => {
          const question = questions[index]
          if (question === undefined) throw new Error('no question')
          const body = { challenge_id: question.challenge_id, response: getAnswer(counting, question, { counter }) }
          return visitor.send('POST', '/auth/v1/webauthn/authenticate/finish', body)
        }),
      )
      expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    }
  }, 60_000)
})

/** As time would: the hour in which a mailbox may be asked five times is over. */
const letHourPass = () => gateway.sql("update challenges set created_at = created_at - interval '1 hour'")

async function asked(path: string, about: RegExp): Promise<{ token: string; code: string }> {
  await letHourPass()
  const before = gateway.mail.messages().length
  await post(path, { email: person.email })
  await expect.poll(() => gateway.mail.messages().length, { timeout: 10_000 }).toBeGreaterThan(before)
  return mailTo(gateway, person.email, about)
}

async function pauseToken(): Promise<string> {
  await letTimePass(gateway, enrolled)
  const answer = await post('/auth/v1/login', { email: enrolled.email, password: enrolled.password })
  return ((await answer.json()) as { mfa_token: string }).mfa_token
}

const races: Readonly<Record<string, (round: number) => Promise<readonly [path: string, body: object]>>> = {
  'a magic link': async () => {
    const { token } = await asked('/auth/v1/magic-link/start', /Sign in to/)
    return ['/auth/v1/magic-link/verify', { token }]
  },
  'the code of a magic link': async () => {
    const { code } = await asked('/auth/v1/magic-link/start', /Sign in to/)
    return ['/auth/v1/magic-link/verify', { email: person.email, code }]
  },
  'a code by text': async () => {
    const before = textsTo(gateway, number).length
    await post('/auth/v1/phone/start', { phone: number })
    return ['/auth/v1/phone/verify', { phone: number, code: await codeTo(gateway, number, before) }]
  },
  'a time step of an authenticator app': async () => {
    const token = await pauseToken()
    return ['/auth/v1/mfa/verify', { mfa_token: token, method: 'totp', code: totpCode(app.secret) }]
  },
  'a backup code': async () => {
    const token = await pauseToken()
    await gateway.sql('update backup_codes set used_at = null where user_id = $1', [enrolled.userId])
    return ['/auth/v1/mfa/verify', { mfa_token: token, method: 'backup_code', code: app.backupCodes[0] ?? '' }]
  },
}

describe.each(Object.entries(races))('%s', (_, prepare) => {
  it(`has one winner among ${racers} racers, ${rounds} times`, async () => {
    const counts: number[] = []
    for (let round = 0; round < rounds; round += 1) counts.push(await winners(...(await prepare(round))))
    expect(counts).toEqual(Array.from({ length: rounds }, () => 1))
  }, 300_000)
})

/** Whoever is told to come again does so: the place is busy, which says nothing about the link. */
async function untilAnswered(body: object): Promise<number> {
  for (let time = 0; time < 10; time += 1) {
    const { status } = await post('/auth/v1/password/reset', body)
    if (status !== 503) return status
    await new Promise((resolve) => setTimeout(resolve, 2100))
  }
  return 503
}

describe('a password reset', () => {
  it(`has one winner among ${racers} racers, whose password it then is, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { token } = await asked('/auth/v1/password/forgot', /new password/)
      const answers = await Promise.all(
        Array.from({ length: racers }, async (_, racer) => {
          const password = `the password of racer ${round}.${racer}`
          return { status: await untilAnswered({ token, new_password: password }), password }
        }),
      )
      const won = answers.filter(({ status }) => status === 200)
      expect(won.length).toBe(1)
      expect((await post('/auth/v1/login', { email: person.email, password: won[0]?.password })).status).toBe(200)
    }
  }, 300_000)
})

describe('one code of an app', () => {
  it('completes one of four logins that wait for it at the same time', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const tokens = await Promise.all([pauseToken(), pauseToken(), pauseToken(), pauseToken()])
      await letTimePass(gateway, enrolled)
      const code = totpCode(app.secret)
      const answers = await Promise.all(
        tokens.map((token) => post('/auth/v1/mfa/verify', { mfa_token: token, method: 'totp', code })),
      )
      expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    }
  }, 120_000)
})
