// Who a request acts as: the one contract between those who find out and those who decide.
export interface Principal {
  readonly userId: string
  readonly sessionId: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  readonly authTimeMs: number
  /** The shard of the user's object. */
  readonly shard: string
  readonly sessionExpiresAtMs: number
}
