// What a presented refresh token is: the one at hand, the one before it, one of long ago, or none of this family. Pure.
import type { StoredFamily } from '../db/queries/token-families.ts'
import { dayMs, secondMs } from '../kit/duration.ts'
import { type RefreshKeys, type RefreshToken, refreshSecret } from './refresh-token.ts'
import { isSameHash } from './token.ts'

/** From one use to the next; the session ends on its own day all the same. */
export const refreshTokenMs = dayMs

/** How long the token before answers what it answered: two tabs, or a client that lost the answer and asks again. */
const repeatMs = 30 * secondMs

export type RefreshVerdict = 'current' | 'repeated' | 'replayed' | 'expired' | 'wrong'

export interface RefreshFacts {
  readonly keys: RefreshKeys
  readonly nowMs: number
  readonly isUnanswered: boolean
}

export function judgeRefresh(
  family: StoredFamily,
  presented: Pick<RefreshToken, 'sessionId' | 'generation' | 'secret'>,
  { keys, nowMs, isUnanswered }: RefreshFacts,
): RefreshVerdict {
  const { sessionId, generation, secret } = presented
  // Later than the record says was ever issued: a restored backup, not a thief.
  if (generation > family.generation) return 'wrong'
  const isOfKey = (key: Uint8Array): boolean =>
    isSameHash(secret, refreshSecret(key, family.seed, sessionId, generation))
  if (!keys.accepted.some(isOfKey)) return 'wrong'
  const sinceMs = nowMs - family.refreshedAtMs
  if (generation === family.generation) return sinceMs < refreshTokenMs ? 'current' : 'expired'
  if (generation === family.generation - 1 && (sinceMs < repeatMs || isUnanswered)) return 'repeated'
  return 'replayed'
}
