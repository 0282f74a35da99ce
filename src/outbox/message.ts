// What leaves the gateway for somebody's mailbox or phone.
import type { AuditSource } from '../audit/record.ts'
import type { OutgoingMail } from '../providers/email/mailer.ts'
import type { OutgoingCode, OutgoingSms } from '../providers/sms/sms-vendor.ts'

export type OutgoingMessage =
  | { readonly channel: 'email'; readonly mail: OutgoingMail }
  | { readonly channel: 'sms'; readonly sms: OutgoingSms }
  /** The vendor makes the code and sends it. */
  | { readonly channel: 'sms-code'; readonly code: OutgoingCode }
  /** Takes the work of a message and sends nothing: how long an answer takes must not tell whether somebody got one. */
  | { readonly channel: 'nobody' }

export interface OutboxEntry {
  /** Also the key under which a vendor that keeps keys sends it once, and the id of the trail's row if it cannot be sent. */
  readonly id: string
  readonly message: OutgoingMessage
  /** After that it is of no use to anybody. */
  readonly uselessAfterMs: number
  readonly source: AuditSource
}
