// Who a request acts as: the one contract between those who find out and those who decide.
export interface Principal {
  readonly userId: string
  /** Null for somebody who came with another issuer's token: there is no session here to end or to list. */
  readonly sessionId: string | null
  /** Null where no address is known to be the person's. */
  readonly email: string | null
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  /** What the site is told; of a token that does not say, when it was issued. */
  readonly authTimeMs: number
  /** When they proved who they are, for what asks for a recent proof; null where a token does not say. */
  readonly provenAtMs: number | null
}

/** Who came with a session of ours. */
export interface SessionPrincipal extends Principal {
  readonly sessionId: string
  readonly email: string
  /** The shard of the user's object. */
  readonly shard: string
  readonly sessionExpiresAtMs: number
}

/** A principal with what was derived from it for the origins; see tokens/passport.ts. */
export interface Holder {
  readonly principal: Principal
  readonly derived: Map<string, unknown>
}
