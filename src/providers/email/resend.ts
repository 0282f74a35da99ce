// Resend's API: `POST /emails`, with its Idempotency-Key (https://resend.com/docs/api-reference/emails/send-email).
import { askVendor } from '../delivery-fault.ts'
import type { Mailer } from './mailer.ts'

export interface ResendSettings {
  readonly apiKey: string
  readonly from: string
  readonly endpoint: string | undefined
}

export function createResendMailer({ apiKey, from, endpoint = 'https://api.resend.com' }: ResendSettings): Mailer {
  const url = `${endpoint.replace(/\/$/, '')}/emails`
  return {
    keepsKeys: true,
    async send({ to, subject, html, text }, idempotencyKey) {
      const headers = {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      }
      const body = JSON.stringify({ from, to: [to], subject, html, text })
      const response = await askVendor('resend', new Request(url, { method: 'POST', headers, body }))
      await response.body?.cancel()
    },
  }
}
