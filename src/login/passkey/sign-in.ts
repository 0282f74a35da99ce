// Signing in with a passkey, as the first factor, as the second or as a fresh proof: judged, put on record, and completed
// like every other way. Nothing is guessed at here, so no lock that guesses brought about keeps an owner out.
import { type PasskeyPurpose, enterByPasskey, findWaiting } from '../../db/queries/passkey-challenges.ts'
import type { PasskeyKey } from '../../db/queries/passkeys.ts'
import { entryOf } from '../../db/queries/sign-in.ts'
import { texts } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, auditSource, reject, singleCookie } from '../../exchange.ts'
import { requireSession } from '../../forms/require-session.ts'
import { preSessionCookieName } from '../../sessions/cookie.ts'
import { hashSecret } from '../../sessions/token.ts'
import { type LoginAnswer, type LoginMode, completeLogin, draftSession } from '../complete.ts'
import { assessRisk, forTheRecord } from '../risk.ts'
import { assuranceOf, staleness } from './assurance.ts'
import { type Spent, spend } from './challenge.ts'
import type { Assertion } from './fields.ts'
import type { PasskeySite } from './site.ts'
import { type SignedFacts, verifyAssertion } from './verify-assertion.ts'

export interface PasskeyAnswer {
  readonly challengeId: string | null
  readonly response: Assertion
  readonly mode: LoginMode
}

/** Who asked, and what had been proven before. */
interface Standing {
  readonly purposes: readonly PasskeyPurpose[]
  readonly asker: string | null
  readonly before: readonly string[]
  /** The login that waits for this. */
  readonly waitingHash: string | null
}

export function signInByPasskey(exchange: Exchange, site: PasskeySite, answer: PasskeyAnswer): Promise<LoginAnswer> {
  const asker = singleCookie(exchange, preSessionCookieName)
  return enter(exchange, site, answer, {
    purposes: ['passkey-sign-in', 'passkey-of-address'],
    asker,
    before: [],
    waitingHash: null,
  })
}

/** Completes the login that a token of a pause stands for. */
export async function proveByPasskey(
  exchange: Exchange,
  site: PasskeySite,
  token: string,
  answer: PasskeyAnswer,
): Promise<LoginAnswer> {
  const waitingHash = hashSecret(token)
  const [row] = await exchange.database.read(findWaiting(waitingHash))
  if (row === undefined) throw new GatewayError(reject('invalid_or_expired', 'no such pause'))
  const before = texts(row, 'amr')
  return enter(exchange, site, answer, { purposes: ['passkey-second-factor'], asker: token, before, waitingHash })
}

/** Raises the session at hand: its holder proves the factor now. */
export function proveOwnPasskey(exchange: Exchange, site: PasskeySite, answer: PasskeyAnswer): Promise<LoginAnswer> {
  const { sessionId, amr } = requireSession(exchange).lease.principal
  return enter(exchange, site, answer, {
    purposes: ['passkey-proof'],
    asker: sessionId,
    before: amr,
    waitingHash: null,
  })
}

async function enter(
  exchange: Exchange,
  site: PasskeySite,
  { challengeId, response, mode }: PasskeyAnswer,
  standing: Standing,
): Promise<LoginAnswer> {
  const given = { challengeId, credentialId: response.id, clientDataJSON: response.response.clientDataJSON }
  const spent = await spend(exchange, given, standing)
  const { key, facts } = await judge(exchange, site, response, spent)
  const { amr, aal } = assuranceOf(facts, standing.before)
  const needed = spent.purpose === 'passkey-sign-in' || spent.purpose === 'passkey-of-address' ? 1 : 2
  if (aal < needed) throw await refused(exchange, 'user not verified', key.userId)
  // Put on record and no more: nothing that could be asked for besides is harder to take away.
  const risk = needed === 1 ? await assessRisk(exchange, { userId: key.userId }, 0) : null
  const proof = { userId: key.userId, method: 'passkey', amr, aal, mode } as const
  const draft = draftSession(exchange, { ...proof, risk: forTheRecord(risk) })
  const use = { passkeyId: key.id, counter: facts.counter, isBackedUp: facts.isBackedUp }
  const [row] = await exchange.database.write(enterByPasskey(use, draft, standing.waitingHash))
  if (row === undefined) throw await refused(exchange, 'account gone, or answered twice', key.userId)
  return completeLogin(exchange, entryOf(row), draft)
}

/** In this order: what somebody who has no passkey could learn from comes after the signature. */
async function judge(
  exchange: Exchange,
  site: PasskeySite,
  response: Assertion,
  { purpose, askedUserId, claimed: key }: Spent,
): Promise<{ readonly key: PasskeyKey; readonly facts: SignedFacts }> {
  const verdict = await verifyAssertion(site, response, key?.publicKey ?? null)
  if (verdict.kind === 'malformed') throw await refused(exchange, verdict.reason)
  if (verdict.kind === 'unsigned' || key === null) throw await unknown(exchange)
  const { userHandle } = response.response
  if (purpose === 'passkey-sign-in' ? userHandle === null : key.userId !== askedUserId)
    throw await refused(exchange, 'not the one that was asked', key.userId)
  if (userHandle !== null && userHandle !== key.handle) throw await refused(exchange, 'user handle', key.userId)
  const stale = staleness(key, verdict.facts)
  if (stale !== null) throw await looksCopied(exchange, key, { stale, counter: verdict.facts.counter })
  return { key, facts: verdict.facts }
}

async function refused(exchange: Exchange, reason: string, userId?: string): Promise<GatewayError> {
  const facts = { reason, ...(userId === undefined ? {} : { userId }), details: { method: 'passkey' } }
  await exchange.deps.audit.record('login.failed', auditSource(exchange), facts)
  return new GatewayError(reject('passkey_refused', reason))
}

/** A browser may take this for a sign that its own passkey is of no use here any more, and stop offering it. */
async function unknown(exchange: Exchange): Promise<GatewayError> {
  const facts = { reason: 'unknown passkey', details: { method: 'passkey' } }
  await exchange.deps.audit.record('login.failed', auditSource(exchange), facts)
  return new GatewayError(reject('unknown_passkey', 'unknown or wrongly signed'))
}

/** Somebody has to look at this: two authenticators seem to hold one key. */
async function looksCopied(
  exchange: Exchange,
  key: PasskeyKey,
  { stale, counter }: { readonly stale: string; readonly counter: number },
): Promise<GatewayError> {
  const details = { passkey: key.id, kept_counter: key.counter, given_counter: counter }
  const facts = { userId: key.userId, reason: stale, details }
  await exchange.deps.audit.record('passkey.copied', auditSource(exchange), facts)
  return new GatewayError(reject('passkey_refused', stale))
}
