// Twilio's Messages: it sends the text that this gateway wrote, with a code that this gateway made
// (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource).
import type { SmsSender } from './sms-vendor.ts'
import { type TwilioAccount, askTwilio, twilioRequest } from './twilio.ts'

/** A number of the account's, or a messaging service that chooses one. */
export type TwilioSender = { readonly from: string } | { readonly messagingServiceSid: string }

export function createTwilioMessaging(account: TwilioAccount, sender: TwilioSender): SmsSender {
  const path = `/2010-04-01/Accounts/${account.accountSid}/Messages.json`
  const as = 'from' in sender ? { From: sender.from } : { MessagingServiceSid: sender.messagingServiceSid }
  return {
    makesCodes: false,
    async send({ to, text }) {
      // A code that comes after it expired only confuses.
      const form = { To: to, ...as, Body: text, ValidityPeriod: '300' }
      const response = await askTwilio(twilioRequest(account, { host: 'api.twilio.com', path, form }))
      await response.body?.cancel()
    },
  }
}
