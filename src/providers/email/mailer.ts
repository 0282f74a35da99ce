// The port to whoever delivers mail.
export interface OutgoingMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The same for every try, so that a vendor which answered too late does not send twice. */
  readonly idempotencyKey: string
}

export interface Mailer {
  /** Resolves once the vendor has taken the mail over; throws MailFault otherwise. */
  send(mail: OutgoingMail): Promise<void>
}

/** Says what went wrong without a word of the mail or its recipient. */
export class MailFault extends Error {
  readonly isFinal: boolean

  constructor(message: string, isFinal: boolean) {
    super(message)
    this.name = 'MailFault'
    this.isFinal = isFinal
  }
}
