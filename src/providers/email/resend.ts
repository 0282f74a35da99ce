// Resend's API: `POST /emails`, with its Idempotency-Key (https://resend.com/docs/api-reference/emails/send-email).
import { type Mailer, MailFault, type OutgoingMail } from './mailer.ts'

export interface ResendSettings {
  readonly apiKey: string
  readonly from: string
  readonly endpoint: string | undefined
}

const timeoutMs = 5000

export function createResendMailer({ apiKey, from, endpoint = 'https://api.resend.com' }: ResendSettings): Mailer {
  const url = `${endpoint.replace(/\/$/, '')}/emails`
  return {
    async send(mail: OutgoingMail) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': mail.idempotencyKey,
        },
        body: JSON.stringify({ from, to: [mail.to], subject: mail.subject, html: mail.html, text: mail.text }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      await response.body?.cancel()
      if (response.ok) return
      // 4xx except 429 say the same next time.
      throw new MailFault(
        `the mail vendor answered ${response.status}`,
        response.status < 500 && response.status !== 429,
      )
    },
  }
}
