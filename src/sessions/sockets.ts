// The sockets by which a UserObject says that something ended, as it keeps them: each lives as long as a session does, or as
// what another issuer's token of a user opened.
import type { EndRequest } from './user-sessions.ts'

export const closedBySessionEnd = 4401

export function closeSockets(state: DurableObjectState, { userId, which }: Pick<EndRequest, 'userId' | 'which'>): void {
  const tag = which.kind === 'one' ? `session:${which.sessionId}` : `user:${userId}`
  for (const socket of state.getWebSockets(tag)) {
    const held = socket.deserializeAttachment() as { sessionId: string | null; userId: string }
    if (held.userId !== userId || (which.kind === 'all' && isSpared(held.sessionId, which))) continue
    socket.close(closedBySessionEnd, 'session ended')
  }
}

function isSpared(
  sessionId: string | null,
  { exceptId, sparesTokens = false }: Extract<EndRequest['which'], { kind: 'all' }>,
): boolean {
  return sessionId === null ? sparesTokens : sessionId === exceptId
}
