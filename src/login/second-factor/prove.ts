// Judges a code of the second factor. Counted before it is compared, and spent by the statement that opens the session.
import {
  type CountedTry,
  type FactorProof,
  countOwnTry,
  countPausedTry,
  countedTryOf,
  enterByFactor,
} from '../../db/queries/factors.ts'
import { entryOf } from '../../db/queries/sign-in.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { secondMs } from '../../kit/duration.ts'
import { hashSecret } from '../../sessions/token.ts'
import { type LoginAnswer, type LoginMode, draftSession, openSession } from '../complete.ts'
import { hashBackupCode, readBackupCode } from './backup-codes.ts'
import { openSecret } from './open-secret.ts'
import { totpPlace } from '../../tokens/totp-place.ts'
import { totpStep } from './totp.ts'

export interface GivenFactor {
  readonly method: 'totp' | 'backup_code'
  readonly code: string
}

/** A pause takes as many tries as a mailed code. */
const triesPerPause = 5

/** Completes the login that a token of a pause stands for. */
export async function proveForLogin(
  exchange: Exchange,
  token: string,
  given: GivenFactor & { readonly mode: LoginMode },
): Promise<LoginAnswer> {
  const [row] = await exchange.database.write(
    countPausedTry(hashSecret(token), triesPerPause, exchange.deps.lockouts.policy),
  )
  if (row === undefined) throw new GatewayError(reject('invalid_or_expired', 'no such pause'))
  const counted = countedTryOf(row)
  return enter(exchange, counted, {
    given,
    mode: given.mode,
    amr: counted.pause?.amr ?? [],
    pauseId: counted.pause?.id ?? null,
  })
}

/** Raises the session at hand: its holder proves the factor now. */
export async function proveForSession(
  exchange: Exchange,
  holder: { readonly userId: string; readonly amr: readonly string[] },
  given: GivenFactor,
): Promise<LoginAnswer> {
  const [row] = await exchange.database.write(countOwnTry(holder.userId, exchange.deps.lockouts.policy))
  if (row === undefined) throw new GatewayError(reject('invalid_or_expired', 'nothing to try'))
  return enter(exchange, countedTryOf(row), { given, mode: 'cookie', amr: holder.amr, pauseId: null })
}

interface Entrance {
  readonly given: GivenFactor
  readonly mode: LoginMode
  /** Of what was proven before. */
  readonly amr: readonly string[]
  readonly pauseId: string | null
}

async function enter(
  exchange: Exchange,
  counted: CountedTry,
  { given, mode, amr, pauseId }: Entrance,
): Promise<LoginAnswer> {
  const { userId } = counted
  if (counted.lockedForMs !== null && counted.sealedSecret === null)
    throw await locked(exchange, userId, counted.lockedForMs)
  const proof = await readProof(exchange, counted, given)
  const facts = { userId, method: given.method, amr: [...new Set([...amr, 'otp', 'mfa'])], aal: 2 as const, mode }
  const draft = draftSession(exchange, facts)
  const rows = { session: draft.session, audit: draft.audits.opened, pauseId }
  const [row] = proof === null ? [] : await exchange.database.write(enterByFactor(proof, rows))
  if (row !== undefined) return openSession(exchange, entryOf(row), draft)
  const failure = { userId, reason: proof === null ? 'wrong code' : 'spent', details: { method: given.method } }
  await exchange.deps.audit.record('factor.failed', auditSource(exchange), failure)
  throw new GatewayError(reject('invalid_or_expired', failure.reason))
}

async function readProof({ deps }: Exchange, counted: CountedTry, given: GivenFactor): Promise<FactorProof | null> {
  const { userId, sealedSecret } = counted
  if (sealedSecret === null) return null
  if (given.method === 'backup_code') {
    const code = readBackupCode(given.code)
    return code === null ? null : { kind: 'backup_code', codeHash: hashBackupCode(deps.backupCodeKey, userId, code) }
  }
  const { text, isCurrent } = await openSecret(deps, userId, sealedSecret)
  const step = totpStep(text, given.code, deps.now())
  if (step === null) return null
  // Opened by the key before the last change: sealed anew while it is at hand.
  return { kind: 'totp', step, resealed: isCurrent ? null : await deps.sealed.seal(text, totpPlace(userId)) }
}

async function locked(exchange: Exchange, userId: string, forMs: number): Promise<GatewayError> {
  await exchange.deps.audit.record('factor.locked', auditSource(exchange), { userId, reason: 'locked' })
  return new GatewayError({ ...reject('too_many_attempts', 'factor locked'), retryAfterS: Math.ceil(forMs / secondMs) })
}
