// Guesses at what proves an account's owner: counted before they are compared, whichever factor is guessed at.
import { askCaptcha } from '../captcha-proof.ts'
import { GatewayError, type Rejection, unavailable } from '../errors.ts'
import { type Exchange, auditSource, reject, singleCookie } from '../exchange.ts'
import { exchangeFacts } from '../exchange-facts.ts'
import { secondMs } from '../kit/duration.ts'
import type { GuessVerdict } from '../limits/lockout.ts'
import type { JudgedGuess } from '../limits/lockouts.ts'
import { log } from '../log.ts'
import { limited } from './limited.ts'
import { sighted } from '../sightings.ts'
import { deviceCookie, deviceCookieName } from '../sessions/cookie.ts'

/** One guess under way, with what has to be known when it turns out right or wrong. */
export interface Guess {
  readonly account: string
  readonly pool: string
  readonly verdict: JudgedGuess
  /** Counted among the guesses of all strangers, which somebody on a known device is not. */
  readonly isOfStranger: boolean
  readonly isOnKnownDevice: boolean
}

/**
 * Throws 429 while the account is locked, before anything about it is looked up: an account that does not exist answers
 * alike. A device its owner has used before counts apart, so it is locked by its own wrong guesses alone.
 */
export async function beginGuess(exchange: Exchange, factor: 'password', name: string): Promise<Guess> {
  const { lockouts, knownDevices } = exchange.deps
  const account = lockouts.accountOf(name)
  const device = knownDevices.deviceOf(singleCookie(exchange, deviceCookieName), account)
  const pool = device === null ? factor : `${factor} on ${device}`
  const isOfStranger = device === null && (await limited(exchange, 'guesses-everywhere', ''))
  const verdict = await lockouts.guess(account, pool).catch(failed)
  const guess = { account, pool, verdict, isOfStranger, isOnKnownDevice: device !== null }
  if (verdict.mayCompare) return guess
  // A lock keeps guessers out, and does not keep them from being seen.
  sighted(exchange, 'failure', account)
  giveBack(exchange, guess)
  return guessByCaptcha(exchange, guess)
}

/**
 * While the account is locked: no, or, where the site wants it so, a few more guesses for whoever answers a captcha. They
 * have a pool of their own, so that people who answer captchas for money gain no more than that.
 */
async function guessByCaptcha(exchange: Exchange, locked: Guess): Promise<Guess> {
  const { lockouts, settings } = exchange.deps
  if (settings.config.limits.lockout.response !== 'captcha') return refuseLocked(exchange, locked.verdict)
  const refusal = lockRejection(exchange, locked.verdict)
  const asked = await askCaptcha(exchange, refusal)
  if (asked !== undefined) throw new GatewayError(asked)
  const pool = `${locked.pool} after a captcha`
  const verdict = await lockouts.guess(locked.account, pool).catch(failed)
  if (!verdict.mayCompare) return refuseLocked(exchange, verdict)
  return { ...locked, pool, verdict, isOfStranger: false }
}

async function refuseLocked(exchange: Exchange, verdict: GuessVerdict): Promise<never> {
  await exchange.deps.audit.record('login.limited', auditSource(exchange), {
    reason: 'account locked',
    details: lockDetails(verdict),
  })
  throw new GatewayError(lockRejection(exchange, verdict))
}

function lockRejection({ deps }: Exchange, { lockedUntilMs }: GuessVerdict): Rejection {
  return {
    ...reject('too_many_attempts', 'account locked'),
    retryAfterS: Math.max(1, Math.ceil((lockedUntilMs - deps.now()) / secondMs)),
  }
}

/** A guess that cannot be compared, because something it needs is away, is taken back: an outage locks nobody out. */
export async function comparing<Outcome>(
  exchange: Exchange,
  { account, pool }: Guess,
  compare: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await compare()
  } catch (error) {
    // Of the world's guesses it stays one: given back under an attack that something breaks under, it would let in the next.
    // Failed too, it stays counted: what is wrong is told by the first failure.
    await exchange.deps.lockouts.withdraw(account, pool).catch(() => undefined)
    throw error
  }
}

/** After a wrong guess: puts the lock on record if it is this guess that brought it. */
export async function recordLock(exchange: Exchange, { verdict }: Guess, userId: string | null): Promise<void> {
  if (!verdict.isNewLock) return
  const details = { ...lockDetails(verdict), ...(verdict.isEnforced ? {} : { enforced: false }) }
  const facts = { reason: 'wrong guesses', details, ...(userId === null ? {} : { userId }) }
  await exchange.deps.audit.record('account.locked', auditSource(exchange), facts)
}

/** After a right one: as if nobody had guessed wrongly. What strangers did stays counted when a known device succeeds. */
export async function forgiveGuess(exchange: Exchange, guess: Guess): Promise<void> {
  const { account, pool } = guess
  giveBack(exchange, guess)
  await exchange.deps.lockouts.forgive(account, pool).catch(failed)
}

/**
 * After the mailbox was proven and another password chosen: what was guessed so far was another one. Never the reason why
 * the change, which is done, fails; what is forgiven later by itself, an administrator can forgive as well.
 */
export async function forgiveAll(
  exchange: Exchange,
  { id, email }: { readonly id: string; readonly email: string },
): Promise<void> {
  const { lockouts, audit } = exchange.deps
  try {
    if (!(await lockouts.forgive(lockouts.accountOf(email), null))) return
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    log('error', 'locks not forgiven after a reset', { ...exchangeFacts(exchange), reason })
    return
  }
  await audit.record('account.unlocked', auditSource(exchange), { userId: id, reason: 'password reset' })
}

/** Counted as one of the wrong guesses of the world before it was compared. Nobody waits: it is one of many. */
function giveBack(exchange: Exchange, { isOfStranger }: Guess): void {
  if (!isOfStranger) return
  exchange.context.waitUntil(exchange.deps.limits.giveBack('guesses-everywhere', '', exchange).catch(() => undefined))
}

/** Whoever signed in here once may go on guessing here when strangers have locked the account. */
export function markKnownDevice(exchange: Exchange, name: string): void {
  const { lockouts, knownDevices } = exchange.deps
  const mark = knownDevices.mark(singleCookie(exchange, deviceCookieName), lockouts.accountOf(name))
  exchange.setCookies.push(deviceCookie(mark.cookie, mark.expiresAtMs))
}

/** A guess that nobody counted must not be compared. */
function failed(cause: unknown): never {
  throw unavailable('guesses cannot be counted', cause)
}

function lockDetails({ failures, lockedUntilMs }: GuessVerdict): Readonly<Record<string, string | number>> {
  return { failures, locked_until: new Date(lockedUntilMs).toISOString() }
}
