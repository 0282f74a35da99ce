// What the adapters ask, and what the stand-ins answer, by the vendors' own documents.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Mailer } from '../../src/providers/email/mailer.ts'
import { createResendMailer } from '../../src/providers/email/resend.ts'
import { createTwilioMessaging } from '../../src/providers/sms/twilio-messaging.ts'
import { createTwilioVerify } from '../../src/providers/sms/twilio-verify.ts'
import { type MailVendor, startMailVendor } from '../../tools/dev/mail-vendor.ts'
import { type Contract, readContract } from '../support/contracts.ts'
import { type Recorder, startRecorder } from '../support/vendor-recorder.ts'

let standIn: MailVendor
let recorder: Recorder
beforeAll(async () => {
  standIn = await startMailVendor()
  recorder = await startRecorder(standIn.url)
})
afterAll(async () => {
  await recorder.stop()
  await standIn.stop()
})

const account = () => ({ accountSid: `AC${'a'.repeat(32)}`, authToken: 'secret', endpoint: recorder.url })
const service = `VA${'b'.repeat(32)}`
const to = '+4915123456789'
const mail = { to: 'a@example.com', subject: 'Grüße', text: 'Text', html: '<p>Text</p>' }

/** Everything that was said since, in both directions, by the document. */
async function judged(contract: Contract, say: () => Promise<unknown>): Promise<string[]> {
  const said = await recorder.during(say)
  expect(said.length).toBeGreaterThan(0)
  return said.flatMap((one) => [...contract.request(one), ...contract.response(one.method, one.path, one.answer)])
}

const resend = readContract('resend')
describe.skipIf(resend === null)('resend', () => {
  it('is asked and stood in for as its document says', async () => {
    const mailer: Mailer = createResendMailer({ apiKey: 're_x', from: 'Site <a@example.com>', endpoint: recorder.url })
    expect(resend === null ? [] : await judged(resend, () => mailer.send(mail, 'key'))).toEqual([])
  })

  it('is asked under a key of the message, by which it knows one that it has taken over', async () => {
    const mailer: Mailer = createResendMailer({ apiKey: 're_x', from: 'Site <a@example.com>', endpoint: recorder.url })
    const before = standIn.messages().length
    const said = await recorder.during(async () => {
      for (const key of ['one', 'one', 'another']) await mailer.send(mail, key)
    })
    expect(said.map(({ headers }) => headers['idempotency-key'])).toEqual(['one', 'one', 'another'])
    const ids = said.map(({ answer }) => (answer.body as { id: string }).id)
    expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false])
    expect(standIn.messages().length - before).toBe(2)
  })
})

const messaging = readContract('twilio-messaging')
describe.skipIf(messaging === null)('twilio messaging', () => {
  it.each([{ from: '+15005550006' }, { messagingServiceSid: `MG${'c'.repeat(32)}` }])(
    'is asked and stood in for as its document says, from %j',
    async (sender) => {
      const sms = createTwilioMessaging(account(), sender)
      const said = messaging === null ? [] : await judged(messaging, () => sms.send({ to, text: 'Grüße' }))
      expect(said).toEqual([])
    },
  )
})

const verification = readContract('twilio-verify')
describe.skipIf(verification === null)('twilio verify', () => {
  it('is asked and stood in for as its document says', async () => {
    const sms = createTwilioVerify(account(), service)
    const say = async (): Promise<void> => {
      await sms.start({ to, language: 'de' })
      const code = /\d{6}/.exec(standIn.sms.messages().at(-1)?.text ?? '')?.[0] ?? ''
      expect(await sms.check(to, code === '000000' ? '000001' : '000000')).toBe(false)
      expect(await sms.check(to, code)).toBe(true)
    }
    expect(verification === null ? [] : await judged(verification, say)).toEqual([])
  })
})

describe.skipIf(resend === null || messaging === null)('the check itself', () => {
  const good = { from: 'a@example.com', to: ['b@example.com'], subject: 's', text: 't' }
  const authorization = 'Bearer re_x'
  const wrong = (body: unknown, headers: Readonly<Record<string, string>> = { authorization }, path = '/emails') =>
    resend?.request({ method: 'POST', path, headers, body })

  it('sees a field that is missing, wrong, or unknown to the document', () => {
    expect(wrong(good)).toEqual([])
    expect(wrong({ to: ['b@example.com'], subject: 's' })).not.toEqual([])
    expect(wrong({ ...good, from: 1 })).not.toEqual([])
    expect(wrong({ ...good, body: 't' })).not.toEqual([])
    expect(wrong(good, { authorization }, '/mails')).not.toEqual([])
  })

  it('sees a header, a query and credentials that the document has otherwise', () => {
    expect(wrong(good, { authorization, 'idempotency-key': 'x'.repeat(256) })).toEqual([])
    expect(wrong(good, { authorization, 'idempotency-key': 'x'.repeat(257) })).toHaveLength(1)
    expect(wrong(good, {})).toHaveLength(1)
    expect(wrong(good, { authorization: 'Basic YTpi' })).toHaveLength(1)
    expect(wrong(good, { authorization }, '/emails?draft=1')).toHaveLength(1)
  })

  it('sees a part of the path that is not of its pattern', () => {
    const body = { To: to, From: '+15005550006', Body: 'Text' }
    const asked = (accountSid: string) =>
      messaging?.request({
        method: 'POST',
        path: `/2010-04-01/Accounts/${accountSid}/Messages.json`,
        headers: { authorization: 'Basic YTpi' },
        body,
      })
    expect(asked(`AC${'a'.repeat(32)}`)).toEqual([])
    expect(asked(`AC${'a'.repeat(31)}`)).not.toEqual([])
    expect(asked(`AC${'z'.repeat(32)}`)).toHaveLength(1)
  })
})
