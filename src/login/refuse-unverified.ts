// An address that nobody has proven signs in for a while after the sign-up, and then not any more, whichever way.
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { hourMs } from '../kit/duration.ts'

export interface MaybeVerified {
  readonly id: string
  readonly emailVerified: boolean
  readonly userCreatedAtMs: number
}

/** Called after the proof: before it, the answer would tell a stranger of the account. */
export async function refuseUnverified(exchange: Exchange, user: MaybeVerified, method: string): Promise<void> {
  const { unverifiedHours } = exchange.deps.settings.config.login
  if (user.emailVerified || exchange.deps.now() - user.userCreatedAtMs < unverifiedHours * hourMs) return
  const facts = { userId: user.id, reason: 'address unverified', details: { method } }
  await exchange.deps.audit.record('login.failed', auditSource(exchange), facts)
  throw new GatewayError(reject('email_unverified', 'address unverified'))
}
