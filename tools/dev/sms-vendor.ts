// A stand-in for Twilio: Messages and Verify, as far as the gateway asks them. Keeps what it is given instead of sending it.
import { randomBytes, randomInt } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export type SmsMessage = { id: string; to: string; from: string; text: string; at: string }

/** `lose` takes a text over and never says so. */
export type SmsMode = 'ok' | 'fail' | 'hang' | 'lose'

export type SmsVendor = {
  messages(): SmsMessage[]
  mode(next: SmsMode): void
  /** Whether the request was one of its own; the other paths are somebody else's. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

type Verification = { sid: string; code: string; tries: number; expiresAtMs: number }
type Answer = { status: number; body: object }

const keptMessages = 2000
const mostTries = 5
const verificationMs = 10 * 60_000

const sid = (prefix: string): string => prefix + randomBytes(16).toString('hex')

/** Twilio's own form of an error (https://www.twilio.com/docs/usage/twilios-response). */
const refused = (status: number, code: number, message: string): Answer => ({
  status,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
})

const isNumber = (text: string): boolean => /^\+[1-9]\d{6,14}$/.test(text)

const readForm = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

export const createSmsVendor = (): SmsVendor => {
  let kept: SmsMessage[] = []
  let mode: SmsMode = 'ok'
  const verifications = new Map<string, Verification>()

  const keep = (to: string, from: string, text: string): string => {
    const id = sid('SM')
    kept = [...kept.slice(1 - keptMessages), { id, to, from, text, at: new Date().toISOString() }]
    return id
  }

  const createMessage = (accountSid: string, form: URLSearchParams): Answer => {
    const [to, body] = [form.get('To') ?? '', form.get('Body') ?? '']
    const from = form.get('From') ?? form.get('MessagingServiceSid') ?? ''
    if (!isNumber(to)) return refused(400, 21211, "The 'To' number is not a valid phone number.")
    if (from === '') return refused(400, 21603, "A 'From' phone number is required.")
    if (body === '') return refused(400, 21602, 'Message body is required.')
    if (body.length > 1600) return refused(400, 21617, 'The message body exceeds the 1600 character limit.')
    const now = new Date().toUTCString()
    const id = keep(to, from, body)
    const message = {
      ...{ sid: id, account_sid: accountSid, to, from, body, status: 'queued', direction: 'outbound-api' },
      ...{ num_segments: '1', num_media: '0', date_created: now, date_updated: now, date_sent: null },
      ...{ messaging_service_sid: null, error_code: null, error_message: null, price: null, price_unit: 'USD' },
      ...{ api_version: '2010-04-01', uri: `/2010-04-01/Accounts/${accountSid}/Messages/${id}.json` },
      subresource_uris: {},
    }
    return { status: 201, body: message }
  }

  const startVerification = (serviceSid: string, form: URLSearchParams): Answer => {
    const to = form.get('To') ?? ''
    if (!isNumber(to)) return refused(400, 60200, 'Invalid parameter `To`')
    if (form.get('Channel') !== 'sms') return refused(400, 60200, 'Invalid parameter `Channel`')
    const before = verifications.get(to)
    const isPending = before !== undefined && Date.now() < before.expiresAtMs
    const fresh = { sid: sid('VE'), code: String(randomInt(1_000_000)).padStart(6, '0'), tries: 0 }
    const verification = isPending ? before : { ...fresh, expiresAtMs: Date.now() + verificationMs }
    verifications.set(to, verification)
    keep(to, 'VERIFY', `Your verification code is: ${verification.code}`)
    return { status: 201, body: verificationBody(verification.sid, { serviceSid, to, status: 'pending' }) }
  }

  const checkVerification = (serviceSid: string, form: URLSearchParams): Answer => {
    const to = form.get('To') ?? ''
    const verification = verifications.get(to)
    if (verification === undefined || Date.now() >= verification.expiresAtMs)
      return refused(404, 20404, 'The requested resource was not found')
    verification.tries += 1
    if (verification.tries > mostTries) return refused(429, 60202, 'Max check attempts reached')
    const isRight = form.get('Code') === verification.code
    if (isRight) verifications.delete(to)
    const status = isRight ? 'approved' : 'pending'
    return { status: 200, body: verificationBody(verification.sid, { serviceSid, to, status }) }
  }

  const answerTo = (path: string, form: URLSearchParams): Answer | null => {
    const [, account] = /^\/2010-04-01\/Accounts\/(AC[0-9a-fA-F]{32})\/Messages\.json$/.exec(path) ?? []
    if (account !== undefined) return createMessage(account, form)
    const [, service, resource] =
      /^\/v2\/Services\/(VA[0-9a-fA-F]{32})\/(Verifications|VerificationCheck)$/.exec(path) ?? []
    if (service === undefined) return null
    return resource === 'Verifications' ? startVerification(service, form) : checkVerification(service, form)
  }

  return {
    messages: () => [...kept],
    mode: (next) => {
      mode = next
    },
    async handle(request, response) {
      const path = request.url?.split('?')[0] ?? ''
      if (request.method !== 'POST' || !/^\/(?:2010-04-01|v2)\//.test(path)) return false
      const form = await readForm(request)
      if (mode === 'hang') return true
      const isKnown = /^Basic \S+$/.test(request.headers.authorization ?? '')
      const failing = mode === 'fail' ? refused(500, 20500, 'Internal Server Error') : null
      const answer = failing ?? (isKnown ? answerTo(path, form) : refused(401, 20003, 'Authenticate'))
      if (mode === 'lose') return true
      const { status, body } = answer ?? refused(404, 20404, 'The requested resource was not found')
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return true
    },
  }
}

const verificationBody = (
  id: string,
  { serviceSid, to, status }: { serviceSid: string; to: string; status: 'pending' | 'approved' },
): object => {
  const now = new Date().toISOString()
  return {
    ...{ sid: id, service_sid: serviceSid, account_sid: `AC${'0'.repeat(32)}`, to, channel: 'sms', status },
    ...{ valid: status === 'approved', amount: null, payee: null, date_created: now, date_updated: now },
  }
}

/** What a worker is told, so that its texts come here. */
export const twilioStandIn = (url: string): Record<string, string> => ({
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'stand-in',
  SMS_ENDPOINT: url,
})
