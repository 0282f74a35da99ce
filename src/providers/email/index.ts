// The mail vendors there are, and how to make one from the settings. That its secrets are there, config/vendor-credentials.ts
// has seen to.
import type { Environment } from '../../config/environment-schema.ts'
import type { GatewayConfig } from '../../config/gateway-schema.ts'
import { type EmailBinding, createCloudflareMailer } from './cloudflare.ts'
import type { Mailer } from './mailer.ts'
import { createPostmarkMailer } from './postmark.ts'
import { createResendMailer } from './resend.ts'
import { senderOf } from './sender.ts'
import { createSesMailer } from './ses.ts'
import { type SmtpSettings, createSmtpMailer } from './smtp.ts'

type Email = GatewayConfig['email']

export function createMailer(
  config: Email,
  environment: Environment,
  bindingOf: (name: string) => EmailBinding,
): Mailer {
  const { from } = config
  const endpoint = environment.MAIL_ENDPOINT
  switch (config.provider) {
    case 'resend':
      return createResendMailer({ apiKey: environment.RESEND_API_KEY ?? '', from, endpoint })
    case 'postmark': {
      const { messageStream } = config
      return createPostmarkMailer({
        serverToken: environment.POSTMARK_SERVER_TOKEN ?? '',
        from,
        messageStream,
        endpoint,
      })
    }
    case 'ses': {
      const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment
      return createSesMailer({ accessKeyId, secretAccessKey, region: config.region, from, endpoint })
    }
    case 'cloudflare':
      return createCloudflareMailer(bindingOf(config.binding), senderOf(from))
    case 'smtp':
      return createSmtpMailer({ ...smtpServer(config, environment), from: senderOf(from) })
  }
}

function smtpServer(
  config: Extract<Email, { provider: 'smtp' }>,
  { SMTP_PASSWORD: password = '' }: Environment,
): Omit<SmtpSettings, 'from'> {
  const { host, port } = config
  if ('tls' in config) return { host, port, isSecure: false, credentials: null }
  return { host, port, isSecure: true, credentials: { username: config.username, password } }
}
