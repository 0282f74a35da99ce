// Who may change the ways into an account: its owner, who has proven to be that a moment ago.
import { factorsOf, findFactors } from '../db/queries/factors.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { requireRecent } from '../forms/require-recent.ts'
import type { Lease } from '../sessions/gate.ts'

/** As much as a login to this account needs: what lets somebody in must not be had for less. */
export async function requireOwner(exchange: Exchange): Promise<Lease['principal']> {
  const { userId } = requireRecent(exchange, { aal: 1 })
  const [row] = await exchange.database.read(findFactors(userId))
  return requireRecent(exchange, { aal: row !== undefined && factorsOf(row).methods.length > 0 ? 2 : 1 })
}

/** An account whose mailbox nobody has proven may be somebody else's tomorrow, who would not know of what was added. */
export async function requireProvenOwner(exchange: Exchange): Promise<Lease['principal']> {
  const principal = await requireOwner(exchange)
  if (!principal.emailVerified)
    throw new GatewayError(reject('email_unverified', 'another way in needs a proven mailbox'))
  return principal
}
