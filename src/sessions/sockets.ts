// The sockets that live as long as a session does, as a UserObject keeps them.
import type { EndRequest } from './user-sessions.ts'

export const closedBySessionEnd = 4401

export function closeSockets(state: DurableObjectState, { userId, which }: Pick<EndRequest, 'userId' | 'which'>): void {
  const tag = which.kind === 'one' ? `session:${which.sessionId}` : `user:${userId}`
  for (const socket of state.getWebSockets(tag)) {
    const held = socket.deserializeAttachment() as { sessionId: string; userId: string }
    if (held.userId !== userId || (which.kind === 'all' && held.sessionId === which.exceptId)) continue
    socket.close(closedBySessionEnd, 'session ended')
  }
}
