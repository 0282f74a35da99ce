// Signing in with a password: the same answer after the same work, whether or not the account exists.
import { auditRow } from '../../audit/record.ts'
import { findUserForLogin, loginUser, replacePasswordHash, type LoginUser } from '../../db/queries/users.ts'
import { entryOf, startSession } from '../../db/queries/sign-in.ts'
import { DatabaseUnavailable } from '../../db/database.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { hourMs } from '../../kit/duration.ts'
import { emailAddress } from '../../users/email-address.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { type Guess, beginGuess, comparing, forgiveGuess, recordLock } from '../guess.ts'
import { passwordsFor } from './passwords-for.ts'

export interface Credentials {
  readonly email: string
  readonly password: string
  readonly mode: LoginMode
}

/** Returns the answer for programs and has set the cookies; throws a GatewayError for every no. */
export async function signIn(exchange: Exchange, given: Credentials): Promise<LoginAnswer> {
  const guess = await beginGuess(exchange, 'password', given.email)
  const { user, stored, isRight, needsRehash } = await comparing(exchange, guess, () => compare(exchange, given))
  if (user === null || stored === null) return refuseGuess(exchange, guess, user, 'no such account')
  if (!isRight) return refuseGuess(exchange, guess, user, 'wrong password')
  if (!user.isActive) return refuseGuess(exchange, guess, user, 'account locked')
  await forgiveGuess(exchange, guess)
  const { unverifiedHours } = exchange.deps.settings.config.login
  if (!user.emailVerified && exchange.deps.now() - user.createdAtMs >= unverifiedHours * hourMs) {
    await recordFailure(exchange, user, 'address unverified')
    throw new GatewayError(reject('email_unverified', 'address unverified'))
  }
  const answer = await open(exchange, user, given.mode)
  if (needsRehash) await rehash(exchange, user, { stored, password: given.password })
  return answer
}

interface Compared {
  readonly user: LoginUser | null
  readonly stored: string | null
  readonly isRight: boolean
  readonly needsRehash: boolean
}

/** The same work, whether or not the account exists. */
async function compare(exchange: Exchange, { email, password }: Credentials): Promise<Compared> {
  const passwords = passwordsFor(exchange)
  const user = await findUser(exchange, email)
  const stored = user?.passwordHash ?? null
  if (stored !== null) return { user, stored, ...(await passwords.verify(stored, password)) }
  await passwords.verifyNothing(password)
  return { user, stored, isRight: false, needsRehash: false }
}

async function findUser({ database }: Exchange, email: string): Promise<LoginUser | null> {
  const parsed = emailAddress.safeParse(email)
  // Asked all the same: an answer without a round trip to the database would come sooner.
  const [row] = await database.read(findUserForLogin(parsed.success ? parsed.data : 'nobody@invalid'))
  return row === undefined ? null : loginUser(row)
}

async function refuseGuess(exchange: Exchange, guess: Guess, user: LoginUser | null, reason: string): Promise<never> {
  await recordLock(exchange, guess, user?.id ?? null)
  return refuse(exchange, user, reason)
}

async function refuse(exchange: Exchange, user: LoginUser | null, reason: string): Promise<never> {
  await recordFailure(exchange, user, reason)
  throw new GatewayError({
    ...reject('invalid_credentials', reason),
    headers: { 'www-authenticate': 'Portcullis-Password' },
  })
}

async function recordFailure(exchange: Exchange, user: LoginUser | null, reason: string): Promise<void> {
  const facts = { reason, ...(user === null ? {} : { userId: user.id }), details: { method: 'password' } }
  await exchange.deps.audit.record('login.failed', auditSource(exchange), facts)
}

async function open(exchange: Exchange, user: LoginUser, mode: LoginMode): Promise<LoginAnswer> {
  const draft = draftSession(exchange, { userId: user.id, method: 'password', amr: ['pwd'], aal: 1, mode })
  const [row] = await exchange.database.write(startSession(draft))
  return row === undefined ? refuse(exchange, user, 'account gone') : completeLogin(exchange, entryOf(row), draft)
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
