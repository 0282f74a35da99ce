// Whom a proven identity lets in. The person may be new, known by their mailbox, or have been waited for by somebody who
// signed up with their address: db/queries/identities.ts settles which, once. The session comes after that, as everywhere.
import { v7 as uuidv7 } from 'uuid'
import { auditRow } from '../../audit/record.ts'
import { DatabaseFault } from '../../db/database.ts'
import {
  type IdentifiedUser,
  adoptEmail,
  claimIdentity,
  claimOutcome,
  findByIdentity,
  identifiedUser,
} from '../../db/queries/identities.ts'
import { entryOf, startSession } from '../../db/queries/sign-in.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject } from '../../exchange.ts'
import { shardOf } from '../../sessions/shard.ts'
import { emailAddress } from '../../users/email-address.ts'
import { type LoginAnswer, completeLogin, draftSession } from '../complete.ts'
import { endOthers } from '../end-others.ts'
import { mailChanged } from '../mail.ts'
import { assessRisk, forTheRecord } from '../risk.ts'
import type { IdentityProvider, ProvenIdentity } from './provider.ts'

/** Whoever lost a race finds what the winner made. */
const tries = 3
const uniqueViolation = '23505'

export async function enterByProvider(
  exchange: Exchange,
  provider: IdentityProvider,
  proven: ProvenIdentity,
): Promise<LoginAnswer> {
  const user = await findOrClaim(exchange, provider, proven)
  if (!user.isActive) return refuse(exchange, provider, 'account locked', 'forbidden')
  if (user.email === null && !(await adopts(exchange, provider, user, proven)))
    return refuse(exchange, provider, 'no proven address', 'address_unproven')
  // RFC 8176 has no name for somebody else's word; what was proven there (`mfa`) is not taken for our second factor.
  const proof = { userId: user.id, method: provider.id, amr: ['fed'], aal: 1, mode: 'cookie' } as const
  // Put on record and no more: whether a sign-in is unusual, the provider has judged for itself.
  const risk = await assessRisk(exchange, { userId: user.id }, 0)
  const draft = draftSession(exchange, { ...proof, risk: forTheRecord(risk) })
  const [row] = await exchange.database.write(startSession(draft))
  if (row === undefined) return refuse(exchange, provider, 'account gone', 'forbidden')
  return completeLogin(exchange, entryOf(row), draft)
}

async function findOrClaim(
  exchange: Exchange,
  provider: IdentityProvider,
  proven: ProvenIdentity,
): Promise<IdentifiedUser> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const [row] = await exchange.database.read(findByIdentity(proven.identity))
    if (row !== undefined) return identifiedUser(row)
    const email = emailAddress.safeParse(proven.verifiedEmail)
    if (!email.success) return refuse(exchange, provider, 'no proven address', 'address_unproven')
    await claim(exchange, provider, { ...proven, email: email.data })
  }
  return refuse(exchange, provider, 'no account, or one that may not be entered', 'no_account')
}

async function claim(
  exchange: Exchange,
  provider: IdentityProvider,
  { identity, name, email }: ProvenIdentity & { readonly email: string },
): Promise<void> {
  const { deps } = exchange
  const { sessions, login } = deps.settings.config
  const userId = uuidv7()
  const details = { method: provider.id, issuer: provider.issuer }
  const [source, nowMs] = [auditSource(exchange), deps.now()]
  const audits = {
    linked: auditRow('identity.linked', source, { details }, nowMs),
    takenOver: auditRow('account.taken-over', source, { details }, nowMs),
    created: auditRow('user.created', source, { userId, details }, nowMs),
  }
  const given = {
    identity,
    identityId: uuidv7(),
    email,
    name,
    userId,
    emailIdentityId: uuidv7(),
    shard: shardOf(userId, exchange.client.continent, sessions.shards),
    mayCreate: provider.unknownUsers === null ? login.signUp : provider.unknownUsers === 'create',
  }
  const rows = await exchange.database.write(claimIdentity(given, audits)).catch(lostRace)
  const [row] = rows
  if (row === undefined) return
  const { outcome, known } = claimOutcome(row)
  if (known === null) return
  // A way in that its owner did not add on the account page: whoever has a session by another one loses it all the same.
  const reason = outcome === 'taken-over' ? 'address verified' : 'identity connected'
  await endOthers(exchange, known, { exceptId: null, reason })
  await mailChanged(exchange, email, 'identity_connected')
}

function lostRace(error: unknown): readonly [] {
  if (error instanceof DatabaseFault && error.sqlState === uniqueViolation) return []
  throw error
}

/** Whether somebody without an address has one now. */
async function adopts(
  exchange: Exchange,
  provider: IdentityProvider,
  user: IdentifiedUser,
  { verifiedEmail }: ProvenIdentity,
): Promise<boolean> {
  const email = emailAddress.safeParse(verifiedEmail)
  if (!email.success) return false
  const facts = { userId: user.id, details: { method: provider.id } }
  const audit = auditRow('email.verified', auditSource(exchange), facts, exchange.deps.now())
  return (await exchange.database.write(adoptEmail(user.id, email.data, audit)).catch(lostRace)).length > 0
}

async function refuse(
  exchange: Exchange,
  { id }: IdentityProvider,
  reason: string,
  code: 'forbidden' | 'address_unproven' | 'no_account',
): Promise<never> {
  await exchange.deps.audit.record('login.failed', auditSource(exchange), { reason, details: { method: id } })
  throw new GatewayError(reject(code, reason))
}
