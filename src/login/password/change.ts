// A new password for whoever is signed in and knows the one before; all their other sessions end.
import { auditRow } from '../../audit/record.ts'
import { changePassword as changeStatement, findPasswordHash } from '../../db/queries/passwords.ts'
import { text } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { requireSession } from '../../forms/require-session.ts'
import { endOthers } from '../end-others.ts'
import { limited } from '../limited.ts'
import { mailChanged } from '../mail.ts'
import { refuseKnown } from './new-password.ts'
import { passwordsFor } from './passwords-for.ts'

export interface PasswordChange {
  readonly current_password: string
  readonly new_password: string
}

export async function changePassword(exchange: Exchange, given: PasswordChange): Promise<void> {
  const { deps } = exchange
  const { userId, sessionId, email, shard } = requireSession(exchange).lease.principal
  const stored = await provePassword(exchange, given.current_password)
  await refuseKnown(exchange, { password: given.new_password, field: 'new_password', email })
  const newHash = await passwordsFor(exchange).hash(given.new_password)
  const audit = auditRow('password.changed', auditSource(exchange), { userId, sessionId }, deps.now())
  const rows = await exchange.database.write(changeStatement(userId, { expectedHash: stored, newHash }, audit))
  // Changed by somebody else since it was proven.
  if (rows.length === 0) throw wrongPassword('changed meanwhile')
  await endOthers(exchange, { id: userId, shard }, { exceptId: sessionId, reason: 'password changed' })
  await mailChanged(exchange, email, 'password_changed')
}

/** The stored hash that the given password matches, or 401. A session alone must not be enough to guess it. */
export async function provePassword(exchange: Exchange, password: string): Promise<string> {
  const { deps } = exchange
  const { userId, sessionId } = requireSession(exchange).lease.principal
  await limited(exchange, 'own-password', userId)
  const [row] = await exchange.database.read(findPasswordHash(userId))
  const stored = row === undefined ? null : text(row, 'hash')
  if (stored !== null && (await passwordsFor(exchange).verify(stored, password)).isRight) return stored
  const reason = stored === null ? 'no password' : 'wrong password'
  const facts = { userId, sessionId, reason, details: { method: 'password' } }
  await deps.audit.record('login.failed', auditSource(exchange), facts)
  throw wrongPassword(reason)
}

function wrongPassword(reason: string): GatewayError {
  return new GatewayError(reject('invalid_credentials', reason))
}
