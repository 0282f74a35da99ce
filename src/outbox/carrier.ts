// Hands a message to the vendor of its channel.
import { DeliveryFault } from '../providers/delivery-fault.ts'
import type { Mailer } from '../providers/email/mailer.ts'
import type { SmsVendor } from '../providers/sms/sms-vendor.ts'
import type { OutboxEntry, OutgoingMessage } from './message.ts'

export interface Carriers {
  readonly mailer: Mailer
  /** Null where nobody signs in by phone. */
  readonly sms: SmsVendor | null
}

/** Whether a second try could not send it twice. */
export function keepsKeys({ mailer }: Carriers, { channel }: OutgoingMessage): boolean {
  switch (channel) {
    case 'email':
      return mailer.keepsKeys
    case 'sms':
    // Asked again, the vendor sends the same code in another text.
    case 'sms-code':
      return false
    case 'nobody':
      return true
  }
}

export async function carry({ mailer, sms }: Carriers, { id, message }: OutboxEntry): Promise<void> {
  switch (message.channel) {
    case 'email':
      return mailer.send(message.mail, id)
    case 'sms':
      if (sms?.makesCodes === false) return sms.send(message.sms)
      break
    case 'sms-code':
      if (sms?.makesCodes === true) return sms.start(message.code)
      break
    case 'nobody':
      return undefined
  }
  // The settings were changed while it waited.
  throw new DeliveryFault('refused', 'no vendor for this message')
}
