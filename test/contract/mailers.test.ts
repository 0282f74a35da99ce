// What the outbox expects of every mail vendor's adapter. SMTP, which needs the platform's sockets, is in flows/smtp.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCloudflareMailer } from '../../src/providers/email/cloudflare.ts'
import { DeliveryFault } from '../../src/providers/delivery-fault.ts'
import type { Mailer } from '../../src/providers/email/mailer.ts'
import { createPostmarkMailer } from '../../src/providers/email/postmark.ts'
import { createResendMailer } from '../../src/providers/email/resend.ts'
import { senderOf } from '../../src/providers/email/sender.ts'
import { createSesMailer } from '../../src/providers/email/ses.ts'
import {
  type FakeVendor,
  type TakenMail,
  type VendorMode,
  postmarkManner,
  sesManner,
  startFakeVendor,
} from '../support/mail-vendors.ts'

const from = 'Die Höhle <login@example.com>'
const mail = { to: 'ada@example.org', subject: 'Grüße: 12', text: 'Text\n\n123456\n', html: '<p>„Text“ & more</p>' }

interface Case {
  readonly mailer: Mailer
  readonly vendor: Omit<FakeVendor, 'url'>
}

/** https://resend.com/docs/api-reference/emails/send-email */
const resendManner = {
  read({ text, headers }: { text: string; headers: Record<string, unknown> }): TakenMail | null {
    if (headers['authorization'] !== 'Bearer key' || headers['idempotency-key'] !== 'the-key') return null
    const { to, ...rest } = JSON.parse(text) as Omit<TakenMail, 'to'> & { to: string[] }
    return { ...rest, to: to.join() }
  },
  ok: { id: 'x' },
  refused: { status: 422, body: { name: 'validation_error' } },
  busy: { status: 503, body: { name: 'application_error' } },
}

/** What a `send_email` binding does, by its documentation. */
function fakeBinding() {
  let mode: VendorMode = 'ok'
  let all: TakenMail[] = []
  const fail = (code: string) => Object.assign(new Error('refused ada@example.org'), { code })
  return {
    binding: {
      async send(sent: Omit<TakenMail, 'from'> & { from: { name: string; email: string } }): Promise<object> {
        if (mode === 'hang') await new Promise(() => undefined)
        if (mode === 'busy') throw fail('E_RATE_LIMIT_EXCEEDED')
        if (mode === 'refuse') throw fail('E_SENDER_NOT_VERIFIED')
        all = [...all, { ...sent, from: `${sent.from.name} <${sent.from.email}>` }]
        return { messageId: 'x' }
      },
    },
    taken: () => all,
    mode(next: VendorMode) {
      mode = next
    },
    stop: () => Promise.resolve(),
  }
}

const ses = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI', region: 'eu-central-1' }
const cases: Readonly<Record<string, () => Promise<Case>>> = {
  async resend() {
    const vendor = await startFakeVendor(resendManner)
    return { vendor, mailer: createResendMailer({ apiKey: 'key', from, endpoint: vendor.url }) }
  },
  async postmark() {
    const vendor = await startFakeVendor(postmarkManner)
    const settings = { serverToken: 'token', from, messageStream: 'outbound', endpoint: vendor.url }
    return { vendor, mailer: createPostmarkMailer(settings) }
  },
  async ses() {
    const vendor = await startFakeVendor(sesManner(ses))
    const { id: accessKeyId, secret: secretAccessKey, region } = ses
    return { vendor, mailer: createSesMailer({ accessKeyId, secretAccessKey, region, from, endpoint: vendor.url }) }
  },
  cloudflare() {
    const vendor = fakeBinding()
    return Promise.resolve({ vendor, mailer: createCloudflareMailer(vendor.binding, senderOf(from)) })
  },
}

describe.each(Object.entries(cases))('mail by %s', (_, create) => {
  let subject: Case
  beforeAll(async () => {
    subject = await create()
  })
  afterAll(() => subject.vendor.stop())

  async function faultWhile(mode: VendorMode): Promise<DeliveryFault> {
    subject.vendor.mode(mode)
    const fault = await subject.mailer.send(mail, 'the-key').catch((error: unknown) => error)
    subject.vendor.mode('ok')
    if (!(fault instanceof DeliveryFault)) throw new Error('it did not fail as it should')
    return fault
  }

  it('arrives as it was written', async () => {
    await subject.mailer.send(mail, 'the-key')
    expect(subject.vendor.taken()).toEqual([{ ...mail, from }])
  })

  it.each([
    ['busy', 'later'],
    ['refuse', 'refused'],
    ['hang', 'unknown'],
  ] as const)('is %s: %s, within the time, and without a word of the recipient', async (mode, outcome) => {
    const startedAt = performance.now()
    const fault = await faultWhile(mode)
    expect(fault.outcome).toBe(outcome)
    expect(fault.message).not.toContain('ada')
    expect(performance.now() - startedAt).toBeLessThan(8000)
    expect(subject.vendor.taken().length).toBeLessThanOrEqual(1)
  })
})
