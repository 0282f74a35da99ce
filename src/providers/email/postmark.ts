// Postmark's API: `POST /email` (https://postmarkapp.com/developer/api/email-api). It keeps no keys.
import { z } from 'zod'
import { readJson } from '../../kit/bounded-answer.ts'
import { DeliveryFault, askVendor } from '../delivery-fault.ts'
import type { Mailer } from './mailer.ts'

export interface PostmarkSettings {
  readonly serverToken: string
  readonly from: string
  /** Postmark keeps what people asked for apart from what is sent to many. */
  readonly messageStream: string
  readonly endpoint: string | undefined
}

const taken = z.object({ ErrorCode: z.literal(0) })

export function createPostmarkMailer({
  serverToken,
  from,
  messageStream,
  endpoint = 'https://api.postmarkapp.com',
}: PostmarkSettings): Mailer {
  const url = `${endpoint.replace(/\/$/, '')}/email`
  return {
    keepsKeys: false,
    async send({ to, subject, html, text }, idempotencyKey) {
      const headers = {
        accept: 'application/json',
        'content-type': 'application/json',
        'x-postmark-server-token': serverToken,
      }
      const body = JSON.stringify({
        From: from,
        To: to,
        Subject: subject,
        HtmlBody: html,
        TextBody: text,
        MessageStream: messageStream,
        // Found by this in Postmark's own log.
        Metadata: { message: idempotencyKey },
      })
      const response = await askVendor('postmark', new Request(url, { method: 'POST', headers, body }))
      if (!taken.safeParse(await readJson(response)).success) throw new DeliveryFault('refused', 'postmark refused it')
    },
  }
}
