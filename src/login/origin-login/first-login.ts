// Somebody's first sign-in here, who so far signed in to the site itself: what they typed is tried there, once, and if the
// site lets them in they are here from then on, with that password under our own hash. The password goes nowhere else.
import { v7 as uuidv7 } from 'uuid'
import { auditRow } from '../../audit/record.ts'
import { importPassword, importUser } from '../../db/queries/imported-users.ts'
import type { LoginUser } from '../../db/queries/users.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { log } from '../../log.ts'
import { shardOf } from '../../sessions/shard.ts'
import { emailAddress } from '../../users/email-address.ts'
import { mailVerification, newVerification } from '../email-verification/challenge.ts'
import { endOthers } from '../end-others.ts'
import { mailChanged } from '../mail.ts'
import { passwordsFor } from '../password/passwords-for.ts'
import { askOrigin } from './ask-origin.ts'
import type { TypedCredentials } from './question.ts'
import type { OriginLogin } from './settings.ts'

/** Whether the site's own login has to be asked about this person, and has let them in: then they are here now. */
export async function tryOrigin(exchange: Exchange, typed: TypedCredentials, user: LoginUser | null): Promise<boolean> {
  const { originLogin: settings } = exchange.deps.settings.config.login
  const email = emailAddress.safeParse(typed.email)
  if (settings === null || !email.success) return false
  if (user !== null && (!settings.forUsersWithoutPassword || user.passwordHash !== null)) return false
  const credentials = { email: email.data, password: typed.password }
  const verdict = await askOrigin(settings, credentials, exchange.client.ip)
  if (verdict.outcome === 'unknown') throw await undecided(exchange, verdict.reason)
  if (verdict.outcome === 'refused') return false
  if (user === null) await keepUser(exchange, settings, { ...credentials, name: verdict.name })
  else await keepPassword(exchange, user, typed.password)
  return true
}

/**
 * Answered like a wrong password, though nobody counts it: an answer of its own would tell, while the site is down, who is
 * known here and who is not. Operators read of it in the log and the trail.
 */
async function undecided(exchange: Exchange, reason: string): Promise<GatewayError> {
  log('error', 'the login of the site cannot be asked', { reason, request_id: exchange.id })
  await exchange.deps.audit.record('origin-login.failed', auditSource(exchange), { reason })
  return new GatewayError({
    ...reject('invalid_credentials', 'origin login undecided'),
    headers: { 'www-authenticate': 'Portcullis-Password' },
  })
}

async function keepUser(
  exchange: Exchange,
  { addressesAreProven }: OriginLogin,
  { email, password, name }: TypedCredentials & { readonly name: string | null },
): Promise<void> {
  const { deps, client } = exchange
  const id = uuidv7()
  const user = {
    id,
    email,
    emailVerified: addressesAreProven,
    name,
    shard: shardOf(id, client.continent, deps.settings.config.sessions.shards),
    // Not asked whether it is common: it is theirs already, and refusing it here would lock them out.
    passwordHash: await passwordsFor(exchange).hash(password),
  }
  const facts = { userId: id, details: { method: 'origin-login' } }
  const audit = auditRow('user.imported', auditSource(exchange), facts, deps.now())
  const asked = addressesAreProven
    ? null
    : newVerification(exchange, { passwordHash: user.passwordHash, returnTo: null })
  // Of simultaneous first logins one makes the user; the others find that.
  const rows = await exchange.database.write(importUser(user, asked?.row ?? null, audit))
  if (rows.length === 1 && asked !== null) await mailVerification(exchange, email, asked)
}

/** Another way into an account that is here: told to its owner, and no session of before goes on, as for any such change. */
async function keepPassword(exchange: Exchange, user: LoginUser, password: string): Promise<void> {
  const hash = await passwordsFor(exchange).hash(password)
  const facts = { userId: user.id, details: { method: 'origin-login' } }
  const audit = auditRow('password.imported', auditSource(exchange), facts, exchange.deps.now())
  const rows = await exchange.database.write(importPassword(user.id, hash, audit))
  // Of simultaneous first logins one keeps it; the others must not end the session which that one opens.
  if (rows.length === 0) return
  await endOthers(exchange, user, { exceptId: null, reason: 'password imported' })
  await mailChanged(exchange, user.email, 'password_imported')
}
