// The port to whoever delivers texts to phones: one who sends what we write, or one who makes, sends and checks the code.
export interface OutgoingSms {
  /** E.164, such as `+4915112345678`. */
  readonly to: string
  readonly text: string
}

export interface OutgoingCode {
  readonly to: string
  /** Language of the text, as a tag such as `de`. */
  readonly language: string
}

export interface SmsSender {
  readonly makesCodes: false
  /** Resolves once the vendor has taken the text over; throws DeliveryFault otherwise. */
  send(sms: OutgoingSms): Promise<void>
}

export interface CodeSender {
  readonly makesCodes: true
  start(code: OutgoingCode): Promise<void>
  /** Whether it is the code that was sent last; each is good once. Throws DeliveryFault when the vendor cannot say. */
  check(to: string, code: string): Promise<boolean>
}

export type SmsVendor = SmsSender | CodeSender
