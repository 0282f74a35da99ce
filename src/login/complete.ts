// The one way a login succeeds: a new session with a secret of its own, in a cookie for browsers or in tokens for programs,
// or, where the account has a second factor, the question for that. Which of the two, db/queries/sign-in.ts decides.
import { v7 as uuidv7 } from 'uuid'
import { auditRow } from '../audit/record.ts'
import type { NewSession } from '../db/queries/sessions.ts'
import type { Entry, SignInRows } from '../db/queries/sign-in.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { hourMs, minuteMs, secondMs } from '../kit/duration.ts'
import { randomToken } from '../kit/random.ts'
import { sighted } from '../sightings.ts'
import { csrfCookie, sessionCookie } from '../sessions/cookie.ts'
import { endPresented } from '../sessions/end-presented.ts'
import { newRefreshSeed, refreshSecret } from '../sessions/refresh-token.ts'
import { markKnownDevice } from './guess.ts'
import { type LoginRisk, learnVisit } from './risk.ts'
import { hasPasskey } from './passkey/has-passkey.ts'
import { rememberPlace } from './session-place.ts'
import { formatSessionToken, hashSecret, newSessionSecret } from '../sessions/token.ts'
import { ownClient, ownScope } from '../tokens/access-token.ts'
import { issueTokens } from '../tokens/issue.ts'
import { provenKeyOf } from '../tokens/proven-key.ts'

/** Who signed in, as answers show them. */
export type SignedInUser = Omit<Entry, 'factorMethods' | 'isLate'>

/** What programs are told; pages go on by its status. */
export type LoginAnswer = Readonly<Record<string, unknown>> & {
  readonly status: 'signed_in' | 'mfa_required'
}

export interface SessionDraft extends SignInRows {
  readonly secret: string
  /** Stands for the first factor until the second is given. Never stored. */
  readonly pauseToken: string
}

/** How the session is carried: by a browser, or by a program without a cookie jar. */
export type LoginMode = 'cookie' | 'token'

export interface DraftFacts {
  /** Null where only the statement finds out. */
  readonly userId: string | null
  readonly method: string
  readonly amr: readonly string[]
  readonly aal: 1 | 2
  readonly mode: LoginMode
  /** Left out where nobody judged. */
  readonly risk?: LoginRisk | null
}

const pauseMs = 5 * minuteMs
const addressUnverified = 'address unverified'
const noUser = '00000000-0000-7000-8000-000000000000'

/** A session before it exists: made by the caller's statement together with what the login changes. */
export function draftSession(exchange: Exchange, { userId, method, amr, aal, mode, risk }: DraftFacts): SessionDraft {
  const { deps, client } = exchange
  if (mode === 'token' && deps.tokens === null) throw tokensAreOff()
  // Drawn for tokens too, and then known to nobody: no cookie opens such a session.
  const [secret, pauseToken, nowMs] = [newSessionSecret(), randomToken(32), deps.now()]
  const session: NewSession = {
    id: uuidv7(),
    userId: userId ?? noUser,
    secretHash: hashSecret(secret),
    amr,
    aal,
    authTimeMs: nowMs,
    expiresAtMs: nowMs + deps.sessionPolicy.absoluteMs,
    ip: client.ip,
    userAgent: client.userAgent,
    tokens:
      mode === 'cookie'
        ? null
        : { clientId: ownClient.id, scope: ownScope, seed: newRefreshSeed(), jkt: provenKeyOf(exchange.request) },
  }
  const source = auditSource(exchange)
  const facts = { ...(userId === null ? {} : { userId }), details: { method, ...risk?.details } }
  return {
    secret,
    pauseToken,
    session,
    asksPasskey: risk?.isEnforced === true && risk.action !== 'none' && deps.passkeys !== null,
    isHeld: risk?.isEnforced === true && (risk.action === 'mail' || risk.action === 'refuse'),
    pause: { id: uuidv7(), tokenHash: hashSecret(pauseToken), expiresAtMs: nowMs + pauseMs },
    audits: {
      opened: auditRow('login.succeeded', source, { ...facts, sessionId: session.id }, nowMs),
      paused: auditRow('login.paused', source, facts, nowMs),
      late: auditRow('login.failed', source, { ...facts, reason: addressUnverified }, nowMs),
    },
    unprovenSinceMs: nowMs - deps.settings.config.login.unverifiedHours * hourMs,
  }
}

/**
 * After the statement: hands over the session, or asks for the second factor. An address that nobody has proven signs in for a
 * while after the sign-up, and then not any more: said after the proof, or it would tell a stranger of the account.
 */
export async function completeLogin(exchange: Exchange, entry: Entry, draft: SessionDraft): Promise<LoginAnswer> {
  if (entry.isLate) throw new GatewayError(reject('email_unverified', addressUnverified))
  // A statement that holds opens nothing; whoever drafted it so has to say what comes instead.
  if (draft.isHeld && entry.factorMethods.length === 0) throw new Error('a login that is held back was completed')
  sighted(exchange, 'success', entry.id)
  if (entry.factorMethods.length === 0) return openSession(exchange, entry, draft)
  return {
    status: 'mfa_required',
    mfa_token: draft.pauseToken,
    methods: await waysOn(exchange, entry),
    expires_in_s: pauseMs / secondMs,
  }
}

async function waysOn(exchange: Exchange, { id, factorMethods }: Entry): Promise<readonly string[]> {
  if (factorMethods.includes('passkey') || !(await hasPasskey(exchange, id))) return factorMethods
  return [...factorMethods, 'passkey']
}

function tokensAreOff(): GatewayError {
  const fields = [{ path: 'mode', reason: 'no tokens are issued here: TOKEN_KEYS is not set' }]
  return new GatewayError({ ...reject('invalid_input', 'tokens are off'), fields })
}

/** After the session exists: hands it over, and gives the answer for programs. */
export async function openSession(
  exchange: Exchange,
  user: SignedInUser,
  draft: Pick<SessionDraft, 'session' | 'secret'>,
): Promise<LoginAnswer> {
  const { session } = draft
  learnVisit(exchange, user.id)
  rememberPlace(exchange, session.id)
  return {
    status: 'signed_in',
    user: { id: user.id, email: user.email, email_verified: user.emailVerified, name: user.name, roles: user.roles },
    session: {
      id: session.id,
      expires_at: new Date(session.expiresAtMs).toISOString(),
      amr: session.amr,
      aal: `aal${session.aal}`,
    },
    ...(session.tokens === null ? await inCookies(exchange, user, draft) : await inTokens(exchange, user, draft)),
  }
}

async function inCookies(
  exchange: Exchange,
  user: SignedInUser,
  { session, secret }: Pick<SessionDraft, 'session' | 'secret'>,
): Promise<{ readonly csrf_token: string }> {
  await endReplaced(exchange)
  const csrfToken = exchange.deps.csrf.issue(session.id)
  const token = formatSessionToken({ shard: user.shard, sessionId: session.id, secret })
  exchange.setCookies.push(sessionCookie(token, session.expiresAtMs), csrfCookie(csrfToken))
  markKnownDevice(exchange, user.email)
  return { csrf_token: csrfToken }
}

async function inTokens(
  { deps }: Exchange,
  user: SignedInUser,
  { session }: Pick<SessionDraft, 'session'>,
): Promise<object> {
  if (deps.tokens === null || session.tokens === null) throw tokensAreOff()
  const grant = {
    session: { ...session, userId: user.id, shard: user.shard, roles: user.roles },
    client: ownClient,
    scope: session.tokens.scope,
    generation: 0,
    jkt: session.tokens.jkt,
    issuedAtMs: session.authTimeMs,
  }
  return issueTokens(deps.tokens, grant, refreshSecret(deps.refreshKey, session.tokens.seed, session.id, 0))
}

/** Signing in again in the same browser: the session before would be lost to its owner but live on. */
async function endReplaced(exchange: Exchange): Promise<void> {
  const { authentication } = exchange
  if (authentication.kind !== 'session') return
  await endPresented(exchange, authentication.lease, { reason: 'replaced by a login', source: auditSource(exchange) })
}
