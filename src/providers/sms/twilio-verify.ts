// Twilio's Verify: it makes the code, sends it and checks it; asked again within ten minutes it sends the same one
// (https://www.twilio.com/docs/verify/api/verification).
import { z } from 'zod'
import { readJson } from '../../kit/bounded-answer.ts'
import { DeliveryFault } from '../delivery-fault.ts'
import type { CodeSender } from './sms-vendor.ts'
import { type TwilioAccount, askTwilio, twilioRequest } from './twilio.ts'

/** A person waits for this answer, who is to hear within two seconds that nobody can say. */
const checkMs = 1500

/**
 * Answered with a 429. It counts the tries of a number for ten minutes, we those of a question: whoever asked for the code once
 * more has tries here and none there (https://www.twilio.com/docs/api/errors/60202).
 */
const triedTooOften = 60202

const checked = z.object({ status: z.string(), to: z.string() })

export function createTwilioVerify(account: TwilioAccount, serviceSid: string): CodeSender {
  const ask = (path: string, form: Readonly<Record<string, string>>, withinMs?: number): Promise<Response> =>
    askTwilio(
      twilioRequest(account, { host: 'verify.twilio.com', path: `/v2/Services/${serviceSid}${path}`, form }),
      withinMs,
    )
  return {
    makesCodes: true,
    async start({ to, language }) {
      const response = await ask('/Verifications', { To: to, Channel: 'sms', Locale: language })
      await response.body?.cancel()
    },
    async check(to, code) {
      try {
        const answer = checked.parse(await readJson(await ask('/VerificationCheck', { To: to, Code: code }, checkMs)))
        return answer.status === 'approved' && answer.to === to
      } catch (error) {
        // 404: spent or expired.
        if (error instanceof DeliveryFault && (error.outcome === 'refused' || error.code === triedTooOften))
          return false
        throw error
      }
    },
  }
}
