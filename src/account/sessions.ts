// What people do with their own sessions: see them, end one, end all others, sign out.
import { auditRow } from '../audit/record.ts'
import { type ListedSession, listLiveSessions, listedSession } from '../db/queries/session-list.ts'
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { isUuid } from '../kit/uuid.ts'
import { clearedCookie, csrfCookieName, sessionCookieName } from '../sessions/cookie.ts'
import { endByObject, endPresented } from '../sessions/end-presented.ts'
import type { EndRequest } from '../sessions/user-sessions.ts'
import { requireSession } from '../forms/require-session.ts'

export interface SessionPage {
  readonly items: readonly ListedSession[]
  readonly nextCursor: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly cursor: string | undefined
}

/** Newest first by last sight. The cursor is the last item's place, so that a page never repeats or skips a row. */
export async function ownSessions(exchange: Exchange, { limit, cursor }: PageRequest): Promise<SessionPage> {
  const { lease } = requireSession(exchange)
  const after = cursor === undefined ? null : parseCursor(cursor)
  const rows = await exchange.database.read(listLiveSessions(lease.principal.userId, { limit: limit + 1, after }))
  const items = rows.slice(0, limit).map(listedSession)
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
  const { lease } = requireSession(exchange)
  const { userId, sessionId: current, shard } = lease.principal
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
  const { lease } = requireSession(exchange)
  const { userId, sessionId, shard } = lease.principal
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
 * Also of a session that is over already. Not of one that cannot be checked: it would live on without its cookie. Only
 * cookies that came are taken away: another site can send a form without any (SameSite) and must not sign out by it.
 */
export async function signOut(exchange: Exchange): Promise<void> {
  const { authentication } = exchange
  if (authentication.kind === 'undecided') throw unavailable('session cannot be checked')
  for (const name of [sessionCookieName, csrfCookieName] as const)
    if (exchange.cookies[name] !== undefined) exchange.setCookies.push(clearedCookie(name))
  if (authentication.kind !== 'session') return
  await endPresented(exchange, authentication.lease, { reason: 'signed out', source: auditSource(exchange) })
}
