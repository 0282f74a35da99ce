// Signing up: one statement decides what happened, and whoever asked hears the same in every case.
import { v7 as uuidv7 } from 'uuid'
import type { z } from 'zod'
import { auditRow } from '../../audit/record.ts'
import { signUp as signUpStatement, signUpOutcome } from '../../db/queries/users.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { shardOf } from '../../sessions/shard.ts'
import { mailVerification, newVerification } from '../email-verification/challenge.ts'
import { limitedMessage } from '../limited.ts'
import { mailAlreadyRegistered } from '../mail.ts'
import type { signUpFields } from './fields.ts'
import { refuseKnown } from './new-password.ts'
import { passwordsFor } from './passwords-for.ts'

export async function signUp(exchange: Exchange, given: z.output<typeof signUpFields>): Promise<void> {
  const { deps } = exchange
  if (!deps.settings.config.login.signUp) throw new GatewayError(reject('not_found', 'sign-up is off'))
  await limitedMessage(exchange, given.email)
  await refuseKnown(exchange, { password: given.password, field: 'password', email: given.email })
  // Hashed for known addresses too: the time it takes must not tell them apart.
  const passwordHash = await passwordsFor(exchange).hash(given.password)
  const id = uuidv7()
  const shard = shardOf(id, exchange.client.continent, deps.settings.config.sessions.shards)
  const asked = newVerification(exchange, { passwordHash, returnTo: given.return_to })
  const [source, details] = [auditSource(exchange), { method: 'password' }]
  const audits = {
    created: auditRow('user.created', source, { userId: id, details }, deps.now()),
    met: auditRow('sign-up.repeated', source, { details }, deps.now()),
  }
  const user = { id, email: given.email, name: given.name, phone: given.phone, shard, passwordHash }
  const [row] = await exchange.database.write(signUpStatement(user, asked.row, audits))
  switch (row === undefined ? 'raced' : signUpOutcome(row)) {
    case 'created':
    case 'unverified':
      return mailVerification(exchange, given.email, asked)
    case 'verified':
      return mailAlreadyRegistered(exchange, given.email)
    case 'raced':
      // The one that won has sent the mail.
      return mailVerification(exchange, null, asked)
  }
}
