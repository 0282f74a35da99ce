// Any mail server, by SMTP (RFC 5321), with TLS from the first byte (RFC 8314): a connection for each mail. It keeps no keys.
// STARTTLS is left out: the library goes on in the clear, password and all, when somebody on the way takes the offer out.
import { WorkerMailer } from 'worker-mailer'
import { DeliveryFault, type DeliveryOutcome } from '../delivery-fault.ts'
import type { Mailer } from './mailer.ts'
import type { Sender } from './sender.ts'

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** Without it nothing is said but the mail: for a server in a network of one's own. */
  readonly isSecure: boolean
  /** Null for a server that asks for none. */
  readonly credentials: { readonly username: string; readonly password: string } | null
  readonly from: Sender
}

const answerWithinMs = 5000
const none = 4

export function createSmtpMailer({ host, port, isSecure, credentials, from }: SmtpSettings): Mailer {
  const options = {
    host,
    port,
    secure: isSecure,
    startTls: false,
    ...(credentials === null ? {} : { credentials, authType: ['plain' as const, 'login' as const] }),
    logLevel: none,
    socketTimeoutMs: answerWithinMs,
    responseTimeoutMs: answerWithinMs,
  }
  return {
    keepsKeys: false,
    async send({ to, subject, text, html }, idempotencyKey) {
      const mailer = await WorkerMailer.connect(options).catch((error: unknown) => {
        // Before the mail was said, whatever went wrong.
        throw new DeliveryFault(outcomeOf(error, 'later'), `smtp: ${told(error)}`)
      })
      try {
        // A receiving server that sees the same id twice may show one mail.
        const headers = { 'Message-ID': `<${idempotencyKey}@${from.email.split('@').at(-1) ?? host}>` }
        await mailer.send({ from: { ...from }, to, subject, text, html, headers })
      } catch (error) {
        throw new DeliveryFault(outcomeOf(error, 'unknown'), `smtp: ${told(error)}`)
      } finally {
        await mailer.close().catch(() => undefined)
      }
    },
  }
}

/** RFC 5321 §4.2.1: 4xx may pass next time, 5xx will not. */
function outcomeOf(error: unknown, otherwise: DeliveryOutcome): DeliveryOutcome {
  const status = statusOf(error)
  if (status === null) return otherwise
  return status < 500 ? 'later' : 'refused'
}

/** The library puts the server's answer into its message, which may quote the recipient: only the number goes on. */
function statusOf(error: unknown): number | null {
  const found = error instanceof Error ? /\b([45]\d\d)[ -]/.exec(error.message)?.[1] : undefined
  return found === undefined ? null : Number(found)
}

function told(error: unknown): string {
  const status = statusOf(error)
  return status === null ? 'no answer' : `answered ${status}`
}
