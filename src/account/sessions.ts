// What people do with their own sessions: see them, end one, end all others, sign out.
import { auditRow } from '../audit/record.ts'
import { orNone } from '../db/missing-tables.ts'
import { type ListedSession, listLiveSessions, listedSession } from '../db/queries/session-list.ts'
import { type SessionPlace, findPlaces, sessionPlaces } from '../db/queries/session-places.ts'
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, auditSource, reject, unrecognised } from '../exchange.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import { isUuid } from '../kit/uuid.ts'
import { clearedCookie, csrfCookieName, sessionCookieName } from '../sessions/cookie.ts'
import { endByObject, endPresented } from '../sessions/end-presented.ts'
import type { EndRequest } from '../sessions/user-sessions.ts'
import { requireSignedIn, tokenRefusal } from '../forms/require-session.ts'

export interface OwnSession extends ListedSession {
  /** Of the sign-in; null where nobody knows. */
  readonly place: SessionPlace | null
}

export interface SessionPage {
  readonly items: readonly OwnSession[]
  readonly nextCursor: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly cursor: string | undefined
}

/** Newest first by last sight. The cursor is the last item's place, so that a page never repeats or skips a row. */
export async function ownSessions(exchange: Exchange, { limit, cursor }: PageRequest): Promise<SessionPage> {
  const { userId } = requireSignedIn(exchange)
  const after = cursor === undefined ? null : parseCursor(cursor)
  const rows = await exchange.database.read(listLiveSessions(userId, { limit: limit + 1, after }))
  const listed = rows.slice(0, limit).map(listedSession)
  const ids = listed.map(({ id }) => id)
  const places = sessionPlaces(await orNone(() => exchange.database.read(findPlaces(ids))))
  const items = listed.map((item) => ({ ...item, place: places.get(item.id) ?? null }))
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? `${last.lastSeenAtMs}_${last.id}` : null }
}

function parseCursor(cursor: string): { readonly atMs: number; readonly id: string } {
  const [, at, id] = /^(\d{1,15})_([0-9a-f-]{36})$/.exec(cursor) ?? []
  if (at !== undefined && id !== undefined && isUuid(id)) return { atMs: Number(at), id }
  throw new GatewayError({
    ...reject('invalid_input', 'cursor'),
    fields: [{ path: 'cursor', reason: 'a next_cursor of this list' }],
  })
}

export async function revokeOne(exchange: Exchange, sessionId: string): Promise<void> {
  const { userId, sessionId: current, shard } = requireSignedIn(exchange)
  if (sessionId === current) throw new GatewayError(reject('current_session', 'own session'))
  if (!isUuid(sessionId)) throw new GatewayError(reject('not_found', 'session'))
  const reason = 'revoked by its owner'
  const audit = auditRow('session.ended', auditSource(exchange), { userId, sessionId, reason }, exchange.deps.now())
  const request: EndRequest = { userId, which: { kind: 'one', sessionId }, reason, audit }
  const ended = await endByObject(exchange, shard, request)
  // Not recorded: the database hears of it later; the object holds to it from now on.
  if (ended.isRecorded && ended.ids.length === 0) throw new GatewayError(reject('not_found', 'session'))
}

/** How many ended. While the database is away every one ends all the same, and those seen live are counted. */
export async function revokeOthers(exchange: Exchange): Promise<number> {
  const { deps } = exchange
  const { userId, sessionId, shard } = requireSignedIn(exchange)
  const reason = 'revoked by its owner'
  const audit = auditRow(
    'session.ended',
    auditSource(exchange),
    { userId, reason, details: { scope: 'all others' } },
    deps.now(),
  )
  const which = { kind: 'all', beforeMs: deps.now(), exceptId: sessionId } as const
  return (await endByObject(exchange, shard, { userId, which, reason, audit })).ids.length
}

/**
 * Of every session the request shows, be it by a cookie or by an access token. Also where a cookie's is over already; a token
 * that is not accepted is told so, as its session may live on. Only cookies that came are taken away: another site can send
 * a form without any (SameSite) and must not sign out by it.
 */
export async function signOut(exchange: Exchange): Promise<void> {
  const shown = shownSessions(exchange)
  for (const name of [sessionCookieName, csrfCookieName] as const)
    if (exchange.cookies[name] !== undefined) exchange.setCookies.push(clearedCookie(name))
  const why = { reason: 'signed out', source: auditSource(exchange) }
  await Promise.all(shown.map((principal) => endPresented(exchange, { principal }, why)))
}

function shownSessions(exchange: Exchange): readonly SessionPrincipal[] {
  const { authentication } = exchange
  switch (authentication.kind) {
    case 'session': {
      const { lease, token } = authentication
      return [lease.principal, ...(token?.session ? [token.session] : [])]
    }
    case 'bearer': {
      const { session } = authentication.holder
      if (session === null) throw new GatewayError(reject('forbidden', 'token of another issuer'))
      return [session]
    }
    // It would live on without its cookie, or its program would believe that it does not.
    case 'undecided':
      throw unavailable('session cannot be checked')
    case 'refused-token':
      throw tokenRefusal(exchange, authentication)
    case 'unrecognised':
      throw new GatewayError(unrecognised(authentication.reason))
    case 'anonymous':
    case 'refused':
      return []
  }
}
