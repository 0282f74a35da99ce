// The port to whoever delivers mail.
export interface OutgoingMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface Mailer {
  /** Whether the vendor drops a second mail under the same key, so that asking again never sends twice. */
  readonly keepsKeys: boolean
  /** Resolves once the vendor has taken the mail over; throws DeliveryFault otherwise. The key is the same for every try. */
  send(mail: OutgoingMail, idempotencyKey: string): Promise<void>
}
