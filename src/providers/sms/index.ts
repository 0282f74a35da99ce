// The vendors of texts there are, and how to make one from the settings; null where nobody signs in by phone.
import type { Environment } from '../../config/environment-schema.ts'
import type { GatewayConfig } from '../../config/gateway-schema.ts'
import type { SmsVendor } from './sms-vendor.ts'
import type { TwilioAccount } from './twilio.ts'
import { createTwilioMessaging } from './twilio-messaging.ts'
import { createTwilioVerify } from './twilio-verify.ts'

export function createSmsVendor(config: GatewayConfig['login']['phone'], environment: Environment): SmsVendor | null {
  switch (config.provider) {
    case 'none':
      return null
    case 'twilio-messaging':
      return createTwilioMessaging(account(environment), config.sender)
    case 'twilio-verify':
      return createTwilioVerify(account(environment), config.serviceSid)
  }
}

/** Both are there when a vendor needs them; see config/vendor-credentials.ts. */
function account({ TWILIO_ACCOUNT_SID = '', TWILIO_AUTH_TOKEN = '', SMS_ENDPOINT }: Environment): TwilioAccount {
  return { accountSid: TWILIO_ACCOUNT_SID, authToken: TWILIO_AUTH_TOKEN, endpoint: SMS_ENDPOINT }
}
