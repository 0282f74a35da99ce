// What people notice of a mail vendor that fails: nothing but a mail that comes later. F14, F15.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'
import { timed } from '../support/within.ts'

let gateway: TestGateway
let storageDir: string
beforeAll(async () => {
  storageDir = mkdtempSync(join(tmpdir(), 'portcullis-mail-vendor-'))
  gateway = await startGateway({ storageDir, bindings: { METRICS_TOKEN: 'a-token-of-the-test' } })
})
afterAll(async () => {
  await gateway.stop()
  rmSync(storageDir, { recursive: true, force: true })
})
afterEach(() => gateway.mail.mode('ok'))

const mailsTo = (email: string) => gateway.mail.messages().filter(({ to }) => to.includes(email))
const arrived = async (email: string): Promise<number> => mailsTo(email).length
const patience = { timeout: 40_000, interval: 100 }

async function signUp(email: string): Promise<{ status: number; requestId: string }> {
  const body = { email, password: goodPassword }
  const { value: answer, ms } = await timed(newVisitor(gateway).send('POST', '/auth/v1/signup', body))
  expect(ms).toBeLessThan(2000)
  expect(await answer.json()).toEqual({ status: 'verification_sent' })
  return { status: answer.status, requestId: answer.headers.get('x-request-id') ?? '' }
}

interface Asking {
  readonly path: string
  readonly about: RegExp
  readonly answer: { readonly status: string }
  /** Whoever is asked, as an address that was written to already so many times. */
  readonly somebody: () => Promise<{ email: string; mails: number }>
}

const confirmed = async () => ({ email: (await newPerson(gateway)).email, mails: 1 })
const unconfirmed = async () => {
  const email = newEmail()
  await signUp(email)
  await mailTo(gateway, email)
  return { email, mails: 1 }
}
const askings: readonly Asking[] = [
  { path: '/magic-link/start', about: /Sign in to/, answer: { status: 'sent' }, somebody: confirmed },
  { path: '/password/forgot', about: /new password/, answer: { status: 'sent' }, somebody: confirmed },
  { path: '/email/resend', about: /./, answer: { status: 'sent' }, somebody: unconfirmed },
]

/** Long enough for a second mail to have come. */
async function staysOne(email: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect(await arrived(email)).toBe(1)
}

describe.each(askings)('$path, while the vendor', ({ path, about, answer, somebody }) => {
  it.each(['hang', 'fail', 'lose'] as const)('%ss, answers as ever and the mail comes later, once', async (mode) => {
    const { email, mails } = await somebody()
    gateway.mail.mode(mode)
    for (const address of [email, newEmail()]) {
      const { value, ms } = await timed(newVisitor(gateway).send('POST', `/auth/v1${path}`, { email: address }))
      expect(ms).toBeLessThan(2000)
      expect([value.status, await value.json()]).toEqual([202, answer])
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
    gateway.mail.mode('ok')
    await expect.poll(() => arrived(email), patience).toBe(mails + 1)
    expect((await mailTo(gateway, email, about)).code).toMatch(/^\d{6}$/)
    // The next try of one whose answer was lost is after five seconds of waiting and a pause.
    await new Promise((resolve) => setTimeout(resolve, mode === 'lose' ? 8000 : 3000))
    expect(await arrived(email)).toBe(mails + 1)
  })
})

describe('a mail vendor', () => {
  it.each(['hang', 'fail'] as const)(
    'that %ss gets the mail later, once, and the answer was the same',
    async (mode) => {
      const email = newEmail()
      gateway.mail.mode(mode)
      expect((await signUp(email)).status).toBe(202)
      await new Promise((resolve) => setTimeout(resolve, 500))
      gateway.mail.mode('ok')
      await expect.poll(() => arrived(email), patience).toBe(1)
      await staysOne(email)
    },
  )

  it('that takes a mail and loses its answer is not made to send it twice', async () => {
    const email = newEmail()
    gateway.mail.mode('lose')
    expect((await signUp(email)).status).toBe(202)
    await expect.poll(() => arrived(email), patience).toBe(1)
    gateway.mail.mode('ok')
    // The next try is after five seconds of waiting and a pause.
    await new Promise((resolve) => setTimeout(resolve, 8000))
    expect(await arrived(email)).toBe(1)
  })

  it('that fails for good is put on record, once, without the address, and counted', async () => {
    const email = newEmail()
    gateway.mail.mode('fail')
    const { requestId } = await signUp(email)
    const rows = () =>
      gateway.sql("select reason, details from audit_events where request_id = $1 and type = 'message.undelivered'", [
        requestId,
      ])
    await expect.poll(rows, patience).toEqual([{ reason: 'resend answered 500', details: { channel: 'email' } }])
    expect(await arrived(email)).toBe(0)
    const told = gateway.workerd.logs().filter((line) => line.includes('message undelivered'))
    expect(told.length).toBe(1)
    expect(gateway.workerd.logs().join('\n')).not.toContain(email)
    const metrics = await fetch(`${gateway.url}/auth/metrics`, {
      headers: { authorization: 'Bearer a-token-of-the-test' },
    })
    expect(await metrics.text()).toMatch(/^portcullis_messages_total\{channel="email",outcome="undelivered"\} 1$/m)
  })

  it('gets what the gateway had promised to send when it was killed', async () => {
    const email = newEmail()
    gateway.mail.mode('hang')
    expect((await signUp(email)).status).toBe(202)
    await gateway.workerd.kill()
    gateway.mail.mode('ok')
    await gateway.workerd.restart()
    await expect.poll(() => arrived(email), patience).toBe(1)
    const code = /^\d{6}$/m.exec(mailsTo(email)[0]?.text ?? '')?.[0]
    const answer = await newVisitor(gateway).send('POST', '/auth/v1/email/verify', { email, code })
    expect(answer.status).toBe(200)
    await staysOne(email)
  })
})
