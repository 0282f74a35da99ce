// The port to whoever tells people from programs.
export interface Captcha {
  readonly provider: string
  /** Public: what the widget is opened with. */
  readonly siteKey: string
  /** The script of the widget, and where it and its frames come from. */
  readonly script: { readonly url: string; readonly origin: string }
  /** What the widget is told it is for. */
  readonly action: string
  /** The form field in which the widget leaves its answer. */
  readonly field: string
  /** Whether the answer is genuine, for this site, and was not used before. Throws CaptchaFault when nobody can say. */
  verify(answer: string): Promise<boolean>
}

/** Says what went wrong without a word of the answer or the secret. */
export class CaptchaFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CaptchaFault'
  }
}
