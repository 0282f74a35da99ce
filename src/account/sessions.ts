// What people do with their own sessions: see them, end one, end all others, sign out.
import { auditRow } from '../audit/record.ts'
import { type ListedSession, listLiveSessions, listedSession } from '../db/queries/sessions.ts'
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { clearedCookie, csrfCookieName, sessionCookieName } from '../sessions/cookie.ts'
import { endPresented } from '../sessions/end-presented.ts'
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
  const rows = await exchange.deps.database.read(listLiveSessions(lease.principal.userId, { limit: limit + 1, after }))
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

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

export async function revokeOne(exchange: Exchange, sessionId: string): Promise<void> {
  const { lease } = requireSession(exchange)
  const { userId, sessionId: current, shard } = lease.principal
  if (sessionId === current) throw new GatewayError(reject('current_session', 'own session'))
  if (!isUuid(sessionId)) throw new GatewayError(reject('not_found', 'session'))
  const reason = 'revoked by its owner'
  const audit = auditRow('session.ended', auditSource(exchange), { userId, sessionId, reason }, exchange.deps.now())
  const ended = await exchange.deps.sessions.end(shard, { userId, which: { kind: 'one', sessionId }, reason, audit })
  // Null: the database hears of it later; the object holds to it from now on.
  if (ended?.length === 0) throw new GatewayError(reject('not_found', 'session'))
}

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
  return (await deps.sessions.end(shard, { userId, which, reason, audit }))?.length ?? 0
}

/** Also of a session that is over already. Not of one that cannot be checked: it would live on without its cookie. */
export async function signOut(exchange: Exchange): Promise<void> {
  const { authentication, deps } = exchange
  if (authentication.kind === 'undecided') throw unavailable('session cannot be checked')
  exchange.setCookies.push(clearedCookie(sessionCookieName), clearedCookie(csrfCookieName))
  if (authentication.kind !== 'session') return
  await endPresented(deps, authentication.lease, { reason: 'signed out', source: auditSource(exchange) })
}
