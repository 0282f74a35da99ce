// Mail by a mail server, over the sockets of workerd.
import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, newEmail } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
}

let received: Received[] = []
let refuse: { readonly code: number; readonly times: number } | null = null
let server: SMTPServer
let gateway: TestGateway

beforeAll(async () => {
  server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo(_, __, done) {
      if (refuse === null || refuse.times === 0) return done()
      refuse = { ...refuse, times: refuse.times - 1 }
      return done(Object.assign(new Error('mailbox says no'), { responseCode: refuse.code }))
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        const raw = Buffer.concat(chunks).toString('utf8')
        received = [...received, { from, to: envelope.rcptTo.map(({ address }) => address), raw }]
        done()
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const address = server.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const email = { provider: 'smtp', from: 'Die Höhle <login@example.com>', host: '127.0.0.1', port, tls: false }
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, email }) })
})
afterAll(async () => {
  await gateway.stop()
  await new Promise<void>((resolve) => server.close(() => resolve()))
})

const mailsTo = (email: string): readonly Received[] => received.filter(({ to }) => to.includes(email))
const patience = { timeout: 20_000, interval: 100 }

async function signUp(): Promise<{ email: string; requestId: string | null }> {
  const email = newEmail()
  const answer = await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword })
  expect(answer.status).toBe(202)
  return { email, requestId: answer.headers.get('x-request-id') }
}

/** The plain part, as a mail program decodes it (quoted-printable, RFC 2045 §6.7). */
function textOf({ raw }: Received): string {
  return raw
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

describe('mail by SMTP', () => {
  it('arrives, and its code confirms the address', async () => {
    const { email } = await signUp()
    await expect.poll(() => mailsTo(email).length, patience).toBe(1)
    const [mail] = mailsTo(email)
    if (mail === undefined) throw new Error('no mail')
    expect(mail.from).toBe('login@example.com')
    expect(mail.raw).toMatch(/^Subject: /m)
    expect(mail.raw).toMatch(/^Message-ID: <[0-9a-f-]{36}@example\.com>/m)
    const code = /^(\d{6})\r?$/m.exec(textOf(mail))?.[1]
    expect((await newVisitor(gateway).send('POST', '/auth/v1/email/verify', { email, code })).status).toBe(200)
  })

  it('is tried again after a refusal for now, and comes once', async () => {
    refuse = { code: 451, times: 1 }
    const { email } = await signUp()
    await expect.poll(() => mailsTo(email).length, patience).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(mailsTo(email).length).toBe(1)
  })

  it('is given up after a refusal for good, which is put on record without the address', async () => {
    refuse = { code: 550, times: 3 }
    const { email, requestId } = await signUp()
    const rows = () =>
      gateway.sql("select reason from audit_events where request_id = $1 and type = 'message.undelivered'", [requestId])
    await expect.poll(rows, patience).toEqual([{ reason: 'smtp: answered 550' }])
    expect(refuse.times).toBe(2)
    expect(gateway.workerd.logs().join('\n')).not.toContain(email)
    refuse = null
  })
})
