// Is there anything to ask somebody for who has proven one factor? The page that asks finds out which it is.
import { factorsOf, findFactors } from '../db/queries/factors.ts'
import { findPasskeys } from '../db/queries/passkeys.ts'
import { orNone } from '../db/missing-tables.ts'
import type { Exchange } from '../exchange.ts'
import type { SessionPrincipal } from '../identity/principal.ts'

/** An authenticator app, a phone that is asked second, or a passkey where those are taken. */
export async function hasSecondFactor(
  { deps, database }: Exchange,
  { userId }: Pick<SessionPrincipal, 'userId'>,
): Promise<boolean> {
  const takesPasskeys = deps.passkeys !== null && deps.settings.config.login.methods.passkey !== 'off'
  const [[row], passkeys] = await Promise.all([
    database.read(findFactors(userId)),
    takesPasskeys ? orNone(() => database.read(findPasskeys(userId))) : [],
  ])
  return passkeys.length > 0 || (row !== undefined && factorsOf(row).methods.length > 0)
}
