// The port to whoever knows which passwords have leaked.
export interface BreachList {
  /** Whether a password is known from a breach. Throws BreachListFault when that cannot be said in time. */
  has(password: string): Promise<boolean>
}

/** Says what went wrong without a word of the password, its hash or the part of it that was asked about. */
export class BreachListFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BreachListFault'
  }
}
