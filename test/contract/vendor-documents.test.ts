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
  return said.flatMap(({ method, path, body, answer }) => [
    ...contract.request(method, path, body),
    ...contract.response(method, path, answer),
  ])
}

const resend = readContract('resend')
describe.skipIf(resend === null)('resend', () => {
  it('is asked and stood in for as its document says', async () => {
    const mailer: Mailer = createResendMailer({ apiKey: 're_x', from: 'Site <a@example.com>', endpoint: recorder.url })
    expect(resend === null ? [] : await judged(resend, () => mailer.send(mail, 'key'))).toEqual([])
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

describe.skipIf(resend === null)('the check itself', () => {
  it('sees a field that is missing, wrong, or unknown to the document', () => {
    const wrong = (body: unknown) => resend?.request('POST', '/emails', body).length
    expect(wrong({ from: 'a@example.com', to: ['b@example.com'], subject: 's', text: 't' })).toBe(0)
    expect(wrong({ to: ['b@example.com'], subject: 's' })).toBeGreaterThan(0)
    expect(wrong({ from: 1, to: ['b@example.com'], subject: 's' })).toBeGreaterThan(0)
    expect(wrong({ from: 'a@example.com', to: ['b@example.com'], subject: 's', body: 't' })).toBeGreaterThan(0)
    expect(resend?.request('POST', '/mails', {}).length).toBeGreaterThan(0)
  })
})
