// Ends sessions in a user object, for everybody who asks it from then on: remembered, forgotten as live, told, sockets closed.
import type { ChangeLog } from './change-log.ts'
import type { EndedStore } from './ended-store.ts'
import type { KnownSessions } from './known-sessions.ts'
import { closeSockets } from './sockets.ts'
import type { EndRequest } from './user-sessions.ts'

interface EndingParts {
  readonly state: DurableObjectState
  readonly ended: EndedStore
  readonly known: KnownSessions
  readonly changes: ChangeLog
  /** How long what was ended could have lived at most, and its end has to be remembered. */
  readonly rememberMs: number
}

/** Returns which sessions were known to live until then. */
export type EndHere = (request: Pick<EndRequest, 'userId' | 'which'>) => readonly string[]

export function createEndHere({ state, ended, known, changes, rememberMs }: EndingParts): EndHere {
  return ({ userId, which }) => {
    ended.add(userId, which, Date.now() + rememberMs)
    const seen = known.markEnded({ userId, which })
    changes.note(userId)
    closeSockets(state, { userId, which })
    for (const sessionId of seen) closeSockets(state, { userId, which: { kind: 'one', sessionId } })
    return seen
  }
}
