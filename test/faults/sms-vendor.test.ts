// What people notice of a vendor of texts that fails: nothing but a text that comes later, or twice with the same code. F14, F15.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson } from '../support/people.ts'
import { codeTo, enrolPhone, textsTo } from '../support/phones.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'
import { timed } from '../support/within.ts'

const patience = { timeout: 40_000, interval: 100 }

/** Whoever waits hears within two seconds, whatever becomes of the vendor. */
async function soon(answer: Promise<Response>): Promise<Response> {
  const { value, ms } = await timed(answer)
  expect(ms).toBeLessThan(2000)
  return value
}

async function start(gateway: TestGateway, phone: string): Promise<string> {
  const answer = await soon(newVisitor(gateway).send('POST', '/auth/v1/phone/start', { phone }))
  expect([answer.status, await answer.json()]).toEqual([202, { status: 'sent' }])
  return answer.headers.get('x-request-id') ?? ''
}

/** Somebody whose phone is asked second, at the point where their login waits for its code. */
async function waiting(gateway: TestGateway): Promise<{ number: string; token: string }> {
  const person = await newPerson(gateway)
  const number = await enrolPhone(gateway, person, { use: 'second-factor' })
  const { email, password } = person
  const paused = await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })
  return { number, token: ((await paused.json()) as { mfa_token: string }).mfa_token }
}

async function startFactor(gateway: TestGateway, token: string): Promise<void> {
  const answer = await soon(newVisitor(gateway).send('POST', '/auth/v1/mfa/sms/start', { mfa_token: token }))
  expect([answer.status, await answer.json()]).toEqual([202, { status: 'sent' }])
}

const prove = (gateway: TestGateway, token: string, code: string) =>
  newVisitor(gateway).send('POST', '/auth/v1/mfa/verify', { mfa_token: token, method: 'sms', code })

const verify = (gateway: TestGateway, phone: string, code: string) =>
  newVisitor(gateway).send('POST', '/auth/v1/phone/verify', { phone, code })

describe('a vendor that sends our texts', () => {
  let gateway: TestGateway
  let storageDir: string
  beforeAll(async () => {
    storageDir = mkdtempSync(join(tmpdir(), 'portcullis-sms-vendor-'))
    gateway = await startGateway({ storageDir })
  })
  afterAll(async () => {
    await gateway.stop()
    rmSync(storageDir, { recursive: true, force: true })
  })
  afterEach(() => gateway.mail.sms.mode('ok'))

  const someone = async (): Promise<string> => enrolPhone(gateway, await newPerson(gateway))

  it.each(['hang', 'fail'] as const)('and %ss gets the text later, once, and its code signs in', async (mode) => {
    const number = await someone()
    gateway.mail.sms.mode(mode)
    await start(gateway, number)
    await new Promise((resolve) => setTimeout(resolve, 500))
    gateway.mail.sms.mode('ok')
    const code = await codeTo(gateway, number, 1)
    expect((await verify(gateway, number, code)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(textsTo(gateway, number).length).toBe(2)
  })

  it.each(['hang', 'fail', 'lose'] as const)(
    'and %ss keeps nobody waiting who is asked for a second factor',
    async (mode) => {
      const { number, token } = await waiting(gateway)
      gateway.mail.sms.mode(mode)
      await startFactor(gateway, token)
      await new Promise((resolve) => setTimeout(resolve, 500))
      gateway.mail.sms.mode('ok')
      expect((await prove(gateway, token, await codeTo(gateway, number, 1))).status).toBe(200)
    },
  )

  it('and loses its answers sends one text too many at most, with the same code', async () => {
    const number = await someone()
    gateway.mail.sms.mode('lose')
    const requestId = await start(gateway, number)
    const undelivered = () =>
      gateway.sql("select reason from audit_events where request_id = $1 and type = 'message.undelivered'", [requestId])
    await expect.poll(undelivered, patience).toEqual([{ reason: 'twilio: TimeoutError' }])
    const codes = textsTo(gateway, number)
      .slice(1)
      .map(({ text }) => /\d{6}/.exec(text)?.[0])
    expect(codes.length).toBe(2)
    expect(new Set(codes).size).toBe(1)
    expect((await verify(gateway, number, codes[0] ?? '')).status).toBe(200)
  })

  it('gets what the gateway had promised to send when it was killed', async () => {
    const number = await someone()
    gateway.mail.sms.mode('hang')
    await start(gateway, number)
    await gateway.workerd.kill()
    gateway.mail.sms.mode('ok')
    await gateway.workerd.restart()
    await expect.poll(() => textsTo(gateway, number).length, patience).toBe(2)
    const code = await codeTo(gateway, number, 1)
    expect((await verify(gateway, number, code)).status).toBe(200)
  })
})

describe('a vendor that makes the codes', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    const phone = { provider: 'twilio-verify', serviceSid: `VA${'d'.repeat(32)}`, country: 'DE' } as const
    gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, login: { phone } }) })
  })
  afterAll(() => gateway.stop())
  afterEach(() => gateway.mail.sms.mode('ok'))

  it('is asked about each, five times at most', async () => {
    const number = await enrolPhone(gateway, await newPerson(gateway))
    await start(gateway, number)
    const code = await codeTo(gateway, number, 1)
    const wrong = code === '000000' ? '000001' : '000000'
    expect((await verify(gateway, number, wrong)).status).toBe(401)
    expect((await verify(gateway, number, code)).status).toBe(200)
    expect((await verify(gateway, number, code)).status).toBe(401)
    await start(gateway, number)
    const second = await codeTo(gateway, number, 2)
    for (let attempt = 0; attempt < 5; attempt += 1)
      expect((await verify(gateway, number, second === '000000' ? '000001' : '000000')).status).toBe(401)
    expect((await verify(gateway, number, second)).status).toBe(401)
  })

  it('counts the tries of a number, whoever asks for its code once more: then every code is a wrong one', async () => {
    const number = await enrolPhone(gateway, await newPerson(gateway))
    await start(gateway, number)
    const code = await codeTo(gateway, number, 1)
    const wrong = code === '000000' ? '000001' : '000000'
    for (let attempt = 0; attempt < 4; attempt += 1) expect((await verify(gateway, number, wrong)).status).toBe(401)
    await start(gateway, number)
    expect(await codeTo(gateway, number, 2)).toBe(code)
    expect((await verify(gateway, number, wrong)).status).toBe(401)
    const answer = await verify(gateway, number, code)
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'invalid_or_expired' }])
  })

  it.each(['hang', 'fail'] as const)('and %ss gets the request later, once, and its code signs in', async (mode) => {
    const number = await enrolPhone(gateway, await newPerson(gateway))
    gateway.mail.sms.mode(mode)
    await start(gateway, number)
    await new Promise((resolve) => setTimeout(resolve, 500))
    gateway.mail.sms.mode('ok')
    const code = await codeTo(gateway, number, 1)
    expect((await verify(gateway, number, code)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(textsTo(gateway, number).length).toBe(2)
  })

  it('and loses its answers sends one text too many at most, with the same code', async () => {
    const number = await enrolPhone(gateway, await newPerson(gateway))
    gateway.mail.sms.mode('lose')
    const requestId = await start(gateway, number)
    const undelivered = () =>
      gateway.sql("select reason from audit_events where request_id = $1 and type = 'message.undelivered'", [requestId])
    await expect.poll(undelivered, patience).toEqual([{ reason: 'twilio: TimeoutError' }])
    gateway.mail.sms.mode('ok')
    const codes = textsTo(gateway, number)
      .slice(1)
      .map(({ text }) => /\d{6}/.exec(text)?.[0])
    expect(codes.length).toBe(2)
    expect(new Set(codes).size).toBe(1)
    expect((await verify(gateway, number, codes[0] ?? '')).status).toBe(200)
  })

  it.each(['hang', 'fail'] as const)('and %ss lets nobody in meanwhile, and uses up no tries', async (mode) => {
    const number = await enrolPhone(gateway, await newPerson(gateway))
    await start(gateway, number)
    const code = await codeTo(gateway, number, 1)
    const { number: second, token } = await waiting(gateway)
    await startFactor(gateway, token)
    const factorCode = await codeTo(gateway, second, 1)
    gateway.mail.sms.mode(mode)
    // More often than a code may be tried.
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const answers = [soon(verify(gateway, number, code)), soon(prove(gateway, token, factorCode))]
      for (const { status, headers } of await Promise.all(answers))
        expect([status, headers.get('retry-after')]).toEqual([503, '5'])
    }
    gateway.mail.sms.mode('ok')
    expect((await verify(gateway, number, code)).status).toBe(200)
    expect((await prove(gateway, token, factorCode)).status).toBe(200)
  })

  it('and loses its answer to a right code lets nobody in by it, then or later', async () => {
    const number = await enrolPhone(gateway, await newPerson(gateway))
    await start(gateway, number)
    const code = await codeTo(gateway, number, 1)
    gateway.mail.sms.mode('lose')
    expect((await soon(verify(gateway, number, code))).status).toBe(503)
    gateway.mail.sms.mode('ok')
    expect((await verify(gateway, number, code)).status).toBe(401)
  })
})
