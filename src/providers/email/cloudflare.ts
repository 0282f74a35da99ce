// Cloudflare's own sending, by a `send_email` binding of wrangler.toml: no key, no request over the network
// (https://developers.cloudflare.com/email-service/api/send-emails/workers-api/). It keeps no keys.
import { DeliveryFault, type DeliveryOutcome } from '../delivery-fault.ts'
import type { Mailer } from './mailer.ts'
import type { Sender } from './sender.ts'

/** The part of the binding that is called. */
export interface EmailBinding {
  send(mail: {
    readonly from: Sender
    readonly to: string
    readonly subject: string
    readonly text: string
    readonly html: string
  }): Promise<unknown>
}

const timeoutMs = 5000

/** Refused for now: over a rate, or over the day. Every other code says what is wrong with the mail or the account. */
const later = new Set(['E_RATE_LIMIT_EXCEEDED', 'E_DAILY_LIMIT_EXCEEDED', 'E_INTERNAL_SERVER_ERROR'])

export function createCloudflareMailer(binding: EmailBinding, from: Sender): Mailer {
  return {
    keepsKeys: false,
    async send({ to, subject, text, html }) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const tooLate = new Promise<never>((_, refuse) => {
        timer = setTimeout(() => refuse(new DeliveryFault('unknown', 'cloudflare: no answer')), timeoutMs)
      })
      try {
        await Promise.race([binding.send({ from, to, subject, text, html }), tooLate])
      } catch (error) {
        throw error instanceof DeliveryFault ? error : faultOf(error)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

function faultOf(error: unknown): DeliveryFault {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null
  if (code === null || !/^E_[A-Z_]+$/.test(code)) return new DeliveryFault('unknown', 'cloudflare: no code')
  const outcome: DeliveryOutcome = later.has(code) ? 'later' : 'refused'
  return new DeliveryFault(outcome, `cloudflare: ${code}`)
}
