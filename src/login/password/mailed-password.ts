// A password that is chosen with the answer to a mail.
import { type ChallengeKey, type ChallengePurpose, claimQuestion } from '../../db/queries/challenges.ts'
import type { Exchange } from '../../exchange.ts'
import { refuseCommon } from './new-password.ts'
import { passwordsFor } from './passwords-for.ts'

/**
 * Its hash, for whoever holds the key to an open question; null where it is not open, or answered at this moment. Throws 422
 * for what the address itself makes easy to guess; everything else is asked before the key, which a code pays for with a try.
 */
export async function hashMailed(
  exchange: Exchange,
  { key, purpose, email }: { readonly key: ChallengeKey; readonly purpose: ChallengePurpose; readonly email: string },
  password: string,
): Promise<string | null> {
  await refuseCommon(exchange, { password, field: 'new_password', email })
  const claimed = await exchange.database.write(claimQuestion(key, purpose))
  return claimed.length === 0 ? null : passwordsFor(exchange, true).hash(password)
}
