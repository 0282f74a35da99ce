// How the gateway waits for the end of a session or token for what was opened with it: by a socket that the object of its user
// keeps, also while it rests, and closes in the moment of the end.
import type { EndedStore } from './ended-store.ts'
import { isStanding } from './known-session.ts'
import type { KnownSessions } from './known-sessions.ts'
import { closedBySessionEnd } from './sockets.ts'
import type { UserObjectPolicy } from './user-sessions.ts'

/** Whose end is waited for. */
export type Watching = { readonly userId: string } & (
  | { readonly sessionId: string }
  /** A token of another issuer, by when it was issued at the earliest. */
  | { readonly issuedMs: number }
)

/** Where the object is asked for such a socket. */
export function watchAddress(watching: Watching): string {
  const which: Record<string, string> =
    'sessionId' in watching ? { session: watching.sessionId } : { issued: String(watching.issuedMs) }
  return `https://user-object/watch?${new URLSearchParams({ user: watching.userId, ...which }).toString()}`
}

function watchingAt(address: string): Watching {
  const { searchParams } = new URL(address)
  const [userId, issued] = [searchParams.get('user') ?? '', searchParams.get('issued')]
  return issued === null
    ? { userId, sessionId: searchParams.get('session') ?? '' }
    : { userId, issuedMs: Number(issued) }
}

/** The client's end of a socket that is kept from now on, also while the object rests. */
function keepSocket(state: DurableObjectState, watching: Watching): { client: WebSocket; server: WebSocket } {
  const [client, server] = Object.values(new WebSocketPair())
  if (client === undefined || server === undefined) throw new Error('no socket pair')
  const sessionId = 'sessionId' in watching ? watching.sessionId : null
  const tags = [`user:${watching.userId}`, ...(sessionId === null ? [] : [`session:${sessionId}`])]
  state.acceptWebSocket(server, tags)
  server.serializeAttachment({ sessionId, userId: watching.userId })
  return { client, server }
}

export interface WatchParts {
  readonly state: DurableObjectState
  readonly ended: Pick<EndedStore, 'coversToken'>
  readonly known: Pick<KnownSessions, 'find'>
  readonly policy: UserObjectPolicy
}

export async function answerWatch(request: Request, parts: WatchParts): Promise<Response> {
  const watching = watchingAt(request.url)
  const { client, server } = keepSocket(parts.state, watching)
  // Asked after the socket stands: an end in between is seen by one of the two.
  const isOver = await isEnded(watching, parts)
  if (isOver === 'unknown') return new Response(null, { status: 503 })
  if (isOver) server.close(closedBySessionEnd, 'session ended')
  return new Response(null, { status: 101, webSocket: client })
}

async function isEnded(watching: Watching, { ended, known, policy }: WatchParts): Promise<boolean | 'unknown'> {
  if ('issuedMs' in watching) return ended.coversToken(watching)
  // By id, not by secret: a socket may outlive the secret it was opened with.
  const found = await known.find(watching.sessionId, Date.now())
  if (found === 'unknown') return 'unknown'
  return found === null || !isStanding(found, watching.userId, policy, Date.now())
}
