// The one way a login succeeds: a new session with a secret of its own, whatever cookie came in; in a cookie for
// browsers, or in tokens for programs that ask for them.
import { v7 as uuidv7 } from 'uuid'
import type { NewSession } from '../db/queries/sessions.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { csrfCookie, sessionCookie } from '../sessions/cookie.ts'
import { endPresented } from '../sessions/end-presented.ts'
import { newRefreshSeed, refreshSecret } from '../sessions/refresh-token.ts'
import { markKnownDevice } from './guess.ts'
import { formatSessionToken, hashSecret, newSessionSecret } from '../sessions/token.ts'
import { ownClient, ownScope } from '../tokens/access-token.ts'
import { issueTokens } from '../tokens/issue.ts'

/** Who signed in, as answers show them. */
export interface SignedInUser {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly shard: string
}

export interface SessionDraft {
  readonly session: NewSession
  readonly secret: string
}

/** How the session is carried: by a browser, or by a program without a cookie jar. */
export type LoginMode = 'cookie' | 'token'

/** A session before it exists: made by the caller's statement together with what the login changes. */
export function draftSession(
  exchange: Exchange,
  { userId, amr, mode }: { readonly userId: string; readonly amr: readonly string[]; readonly mode: LoginMode },
): SessionDraft {
  const { deps, client } = exchange
  if (mode === 'token' && deps.tokens === null) throw tokensAreOff()
  // Drawn for tokens too, and then known to nobody: no cookie opens such a session.
  const secret = newSessionSecret()
  const nowMs = deps.now()
  return {
    secret,
    session: {
      id: uuidv7(),
      userId,
      secretHash: hashSecret(secret),
      amr,
      aal: 1,
      authTimeMs: nowMs,
      expiresAtMs: nowMs + deps.sessionPolicy.absoluteMs,
      ip: client.ip,
      userAgent: client.userAgent,
      tokens: mode === 'cookie' ? null : { clientId: ownClient.id, scope: ownScope, seed: newRefreshSeed(), jkt: null },
    },
  }
}

function tokensAreOff(): GatewayError {
  const fields = [{ path: 'mode', reason: 'no tokens are issued here: TOKEN_KEYS is not set' }]
  return new GatewayError({ ...reject('invalid_input', 'tokens are off'), fields })
}

/** After the session exists: hands it over, and gives the answer for programs. */
export async function completeLogin(
  exchange: Exchange,
  user: SignedInUser,
  draft: SessionDraft,
): Promise<Readonly<Record<string, unknown>>> {
  const { session } = draft
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
  { session, secret }: SessionDraft,
): Promise<{ readonly csrf_token: string }> {
  await endReplaced(exchange)
  const csrfToken = exchange.deps.csrf.issue(session.id)
  const token = formatSessionToken({ shard: user.shard, sessionId: session.id, secret })
  exchange.setCookies.push(sessionCookie(token, session.expiresAtMs), csrfCookie(csrfToken))
  markKnownDevice(exchange, user.email)
  return { csrf_token: csrfToken }
}

async function inTokens({ deps }: Exchange, user: SignedInUser, { session }: SessionDraft): Promise<object> {
  if (deps.tokens === null || session.tokens === null) throw tokensAreOff()
  const grant = {
    session: { ...session, userId: user.id, shard: user.shard, roles: user.roles },
    client: ownClient,
    scope: session.tokens.scope,
    generation: 0,
    jkt: null,
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
