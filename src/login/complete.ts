// The one way a login succeeds: a new session with a secret of its own, whatever cookie came in.
import { v7 as uuidv7 } from 'uuid'
import type { NewSession } from '../db/queries/sessions.ts'
import { type Exchange, auditSource } from '../exchange.ts'
import { csrfCookie, sessionCookie } from '../sessions/cookie.ts'
import { endPresented } from '../sessions/end-presented.ts'
import { markKnownDevice } from './guess.ts'
import { formatSessionToken, hashSecret, newSessionSecret } from '../sessions/token.ts'

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

/** A session before it exists: made by the caller's statement together with what the login changes. */
export function draftSession(exchange: Exchange, userId: string, amr: readonly string[]): SessionDraft {
  const { deps, client } = exchange
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
    },
  }
}

/** After the session exists: ends the one it replaces, sets the cookies, gives the answer for programs. */
export async function completeLogin(
  exchange: Exchange,
  user: SignedInUser,
  draft: SessionDraft,
): Promise<Readonly<Record<string, unknown>>> {
  const { deps } = exchange
  const { session, secret } = draft
  await endReplaced(exchange)
  const csrfToken = deps.csrf.issue(session.id)
  const token = formatSessionToken({ shard: user.shard, sessionId: session.id, secret })
  exchange.setCookies.push(sessionCookie(token, session.expiresAtMs), csrfCookie(csrfToken))
  markKnownDevice(exchange, user.email)
  return {
    status: 'signed_in',
    user: { id: user.id, email: user.email, email_verified: user.emailVerified, name: user.name, roles: user.roles },
    session: {
      id: session.id,
      expires_at: new Date(session.expiresAtMs).toISOString(),
      amr: session.amr,
      aal: `aal${session.aal}`,
    },
    csrf_token: csrfToken,
  }
}

/** Signing in again in the same browser: the session before would be lost to its owner but live on. */
async function endReplaced(exchange: Exchange): Promise<void> {
  const { authentication, deps } = exchange
  if (authentication.kind !== 'session') return
  await endPresented(deps, authentication.lease, { reason: 'replaced by a login', source: auditSource(exchange) })
}
