// The mail vendors there are, and how to make one from the settings.
import type { Environment } from '../../config/environment-schema.ts'
import type { GatewayConfig } from '../../config/gateway-schema.ts'
import type { Mailer } from './mailer.ts'
import { createResendMailer } from './resend.ts'

export function createMailer(config: GatewayConfig['email'], environment: Environment): Mailer {
  switch (config.provider) {
    case 'resend':
      return createResendMailer({
        apiKey: environment.RESEND_API_KEY ?? '',
        from: config.from,
        endpoint: environment.MAIL_ENDPOINT,
      })
  }
}
