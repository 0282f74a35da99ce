// Delivers after the answer, so that neither the vendor's speed nor its failure tells anything to whoever asked.
import type { AuditSource } from '../../audit/record.ts'
import type { AuditTrail } from '../../audit/trail.ts'
import { MailFault, type Mailer, type OutgoingMail } from './mailer.ts'

export interface MailQueue {
  /** Resolves when the mail is delivered or given up after three tries, which is audited. Never throws. */
  deliver(mail: OutgoingMail, source: AuditSource): Promise<void>
}

const tries = 3

export function createMailQueue(mailer: Mailer, audit: AuditTrail): MailQueue {
  async function trySend(mail: OutgoingMail): Promise<string | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await mailer.send(mail)
        return null
      } catch (error) {
        const isFinal = error instanceof MailFault && error.isFinal
        if (isFinal || attempt === tries)
          return error instanceof MailFault ? error.message : 'the mail vendor did not answer'
        await new Promise((resolve) => setTimeout(resolve, 250 * 4 ** attempt * (0.5 + Math.random())))
      }
    }
  }
  return {
    async deliver(mail, source) {
      const reason = await trySend(mail)
      if (reason !== null) await audit.record('mail.failed', source, { reason })
    },
  }
}
