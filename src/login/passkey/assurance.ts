// How much an answer of a passkey proves, and what of it is put on record (RFC 8176).
import type { PasskeyKey } from '../../db/queries/passkeys.ts'
import type { SignedFacts } from './verify-assertion.ts'

/** What passkeys themselves put on record. */
const ofPasskeys: readonly string[] = ['hwk', 'swk', 'user', 'mfa']

export interface Assurance {
  readonly amr: readonly string[]
  readonly aal: 1 | 2
}

/**
 * Two factors are in it where the authenticator verified its owner, or where something else was proven before. One that
 * only felt a touch is one factor, and the same one twice stays one.
 */
export function assuranceOf(
  { isVerified, isBackupEligible }: Pick<SignedFacts, 'isVerified' | 'isBackupEligible'>,
  before: readonly string[],
): Assurance {
  const isTwo = isVerified || isSecondTo(before)
  // A key that can be copied to other devices is a software key, wherever it lies.
  const amr = [...before, isBackupEligible ? 'swk' : 'hwk', 'user', ...(isTwo ? ['mfa'] : [])]
  return { amr: [...new Set(amr)], aal: isTwo ? 2 : 1 }
}

/** Whether something else was proven, so that a touch is enough. */
export function isSecondTo(before: readonly string[]): boolean {
  return before.some((method) => !ofPasskeys.includes(method))
}

/** Why a signed answer counts for nothing all the same. */
export function staleness(key: PasskeyKey, facts: SignedFacts): 'counter' | 'backup eligibility' | null {
  // Zero each time: an authenticator that does not count. Otherwise only a copy falls behind (§6.1.1).
  const isBehind = (facts.counter > 0 || key.counter > 0) && facts.counter <= key.counter
  if (isBehind) return 'counter'
  return key.isBackupEligible === facts.isBackupEligible ? null : 'backup eligibility'
}
