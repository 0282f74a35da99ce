// Amazon SES v2: `POST /v2/email/outbound-emails`, signed with Signature Version 4
// (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). It keeps no keys.
import { AwsClient } from 'aws4fetch'
import { askVendor } from '../delivery-fault.ts'
import type { Mailer } from './mailer.ts'

export interface SesSettings {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly from: string
  readonly endpoint: string | undefined
}

export function createSesMailer({ accessKeyId, secretAccessKey, region, from, endpoint }: SesSettings): Mailer {
  const host = endpoint ?? `https://email.${region}.amazonaws.com`
  const url = `${host.replace(/\/$/, '')}/v2/email/outbound-emails`
  // How often is tried, the outbox says.
  const aws = new AwsClient({ accessKeyId, secretAccessKey, region, service: 'ses', retries: 0 })
  const utf8 = (text: string) => ({ Data: text, Charset: 'UTF-8' })
  return {
    keepsKeys: false,
    async send({ to, subject, html, text }) {
      const body = JSON.stringify({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } } },
      })
      const headers = { 'content-type': 'application/json' }
      const response = await askVendor('ses', await aws.sign(url, { method: 'POST', headers, body }))
      await response.body?.cancel()
    },
  }
}
