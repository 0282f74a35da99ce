// Whether somebody could answer with a passkey, and so whether a page or an answer offers it.
import { orNone } from '../../db/missing-tables.ts'
import { findWaitingPasskey } from '../../db/queries/passkey-challenges.ts'
import { findPasskeys } from '../../db/queries/passkeys.ts'
import { type Exchange, singleCookie } from '../../exchange.ts'
import type { PasskeyOffer } from '../../pages/passkey-block.tsx'
import { pauseCookieName } from '../../sessions/cookie.ts'
import { hashSecret } from '../../sessions/token.ts'

export async function hasPasskey({ deps, database }: Exchange, userId: string): Promise<boolean> {
  if (deps.passkeys === null) return false
  return (await orNone(() => database.read(findPasskeys(userId)))).length > 0
}

/** For the page of a login that waits for its second half. */
export async function offerToWaiting(exchange: Exchange): Promise<PasskeyOffer | null> {
  const { passkeys: site } = exchange.deps
  const token = singleCookie(exchange, pauseCookieName)
  if (site === null || token === null) return null
  const rows = await orNone(() => exchange.database.read(findWaitingPasskey(hashSecret(token))))
  return rows.length === 0 ? null : { domain: site.domain }
}

/** For the page of somebody who is signed in. */
export async function offerTo(exchange: Exchange, userId: string): Promise<PasskeyOffer | null> {
  const { passkeys: site } = exchange.deps
  return site !== null && (await hasPasskey(exchange, userId)) ? { domain: site.domain } : null
}
