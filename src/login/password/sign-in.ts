// Signing in with a password: the same answer after the same work, whether or not the account exists.
import { auditRow } from '../../audit/record.ts'
import { findUserForLogin, loginUser, replacePasswordHash, type LoginUser } from '../../db/queries/users.ts'
import { entryOf, startSession } from '../../db/queries/sign-in.ts'
import { DatabaseUnavailable } from '../../db/database.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { sighted } from '../../sightings.ts'
import { emailAddress } from '../../users/email-address.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { type Guess, beginGuess, comparing, forgiveGuess, recordLock } from '../guess.ts'
import { limitedNetwork } from '../limited.ts'
import { tryOrigin } from '../origin-login/first-login.ts'
import { holdIfRisky } from '../magic-link/hold.ts'
import { type LoginRisk, assessRisk } from '../risk.ts'
import { passwordsFor } from './passwords-for.ts'
import { refuseNoSooner } from './refuse-no-sooner.ts'

export interface Credentials {
  readonly email: string
  readonly password: string
  readonly mode: LoginMode
}

/** Returns the answer for programs and has set the cookies; throws a GatewayError for every no. */
export function signIn(exchange: Exchange, given: Credentials): Promise<LoginAnswer> {
  return refuseNoSooner(exchange, () => enter(exchange, given))
}

async function enter(exchange: Exchange, given: Credentials): Promise<LoginAnswer> {
  await limitedNetwork(exchange)
  const guess = await beginGuess(exchange, 'password', given.email)
  const compared = await comparing(exchange, guess, () => compare(exchange, given, guess))
  const { user, stored, isRight, needsRehash, risk } = compared
  if (user === null || stored === null) return refuseGuess(exchange, guess, { user, risk, reason: 'no such account' })
  if (!isRight) return refuseGuess(exchange, guess, { user, risk, reason: 'wrong password' })
  if (!user.isActive) return refuseGuess(exchange, guess, { user, risk, reason: 'account locked' })
  await forgiveGuess(exchange, guess)
  const answer = await open(exchange, user, { mode: given.mode, risk })
  if (needsRehash) await rehash(exchange, user, { stored, password: given.password })
  return answer
}

interface Compared {
  readonly user: LoginUser | null
  readonly stored: string | null
  readonly isRight: boolean
  readonly needsRehash: boolean
  readonly risk: LoginRisk | null
}

/** The same work, whether or not the account exists. */
async function compare(exchange: Exchange, { email, password }: Credentials, guess: Guess): Promise<Compared> {
  const passwords = passwordsFor(exchange, guess.isOnKnownDevice)
  const user = await findUser(exchange, email)
  const stored = user?.passwordHash ?? null
  // Beside the hashing, which takes longer; not before the user is found, whom a database that is coming back has to
  // be asked about first.
  const assessing = assessRisk(exchange, { email }, guess.verdict.failures - 1)
  if (stored !== null) {
    const [verified, risk] = await Promise.all([passwords.verify(stored, password), assessing])
    return { user, stored, ...verified, risk }
  }
  const [isHereNow, risk] = await Promise.all([
    tryOrigin(exchange, { email, password }, user),
    assessing,
    passwords.verifyNothing(password),
  ])
  const nobody = { user, stored, isRight: false, needsRehash: false, risk }
  if (!isHereNow) return nobody
  const found = await findUser(exchange, email)
  // Compared, though it was right a moment ago: somebody else may have been first, with another one.
  if (found === null || found.passwordHash === null) return nobody
  const verified = await passwords.verify(found.passwordHash, password)
  return { user: found, stored: found.passwordHash, ...verified, risk }
}

async function findUser({ database }: Exchange, email: string): Promise<LoginUser | null> {
  const parsed = emailAddress.safeParse(email)
  // Asked all the same: an answer without a round trip to the database would come sooner.
  const [row] = await database.read(findUserForLogin(parsed.success ? parsed.data : 'nobody@invalid'))
  return row === undefined ? null : loginUser(row)
}

interface Failure {
  readonly user: LoginUser | null
  readonly risk: LoginRisk | null
  readonly reason: string
}

async function refuseGuess(exchange: Exchange, guess: Guess, failure: Failure): Promise<never> {
  sighted(exchange, failure.user === null ? 'unknown' : 'failure', guess.account)
  await recordLock(exchange, guess, failure.user?.id ?? null)
  return refuse(exchange, failure)
}

async function refuse(exchange: Exchange, failure: Failure): Promise<never> {
  await recordFailure(exchange, failure)
  throw new GatewayError({
    ...reject('invalid_credentials', failure.reason),
    headers: { 'www-authenticate': 'Portcullis-Password' },
  })
}

async function recordFailure(exchange: Exchange, { user, risk, reason }: Failure): Promise<void> {
  const facts = {
    reason,
    ...(user === null ? {} : { userId: user.id }),
    details: { method: 'password', ...risk?.details },
  }
  await exchange.deps.audit.record('login.failed', auditSource(exchange), facts)
}

async function open(
  exchange: Exchange,
  user: LoginUser,
  { mode, risk }: { readonly mode: LoginMode; readonly risk: LoginRisk | null },
): Promise<LoginAnswer> {
  const draft = draftSession(exchange, { userId: user.id, method: 'password', amr: ['pwd'], aal: 1, mode, risk })
  const [row] = await exchange.database.write(startSession(draft))
  if (row === undefined) return refuse(exchange, { user, risk, reason: 'account gone' })
  const entry = entryOf(row)
  await holdIfRisky(exchange, entry, { method: 'password', risk })
  return completeLogin(exchange, entry, draft)
}

/** After the login, which must not fail, nor wait too long, because its password could not be stored better. */
async function rehash(
  exchange: Exchange,
  user: LoginUser,
  { stored, password }: { stored: string; password: string },
): Promise<void> {
  const audit = auditRow('password.rehashed', auditSource(exchange), { userId: user.id }, exchange.deps.now())
  try {
    const next = await passwordsFor(exchange).hash(password)
    await exchange.database.write(replacePasswordHash(user.id, stored, next, audit))
  } catch (error) {
    if (!(error instanceof DatabaseUnavailable || error instanceof GatewayError)) throw error
  }
}
