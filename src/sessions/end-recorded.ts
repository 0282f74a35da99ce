// Tells the objects that decide of sessions which the record ended already, by a statement about something else than one
// user's sessions. Without this an object finds out when it looks at the record again, which may take minutes.
import { log } from '../log.ts'
import type { SessionGate } from './gate.ts'

export interface RecordedEnd {
  readonly sessionId: string
  readonly userId: string
  readonly shard: string
}

/** Bounds the message to one object. */
const mostInOneCall = 500
const tries = 3

/** An object that cannot be told looks for itself later; what it ends by then, the record has ended: nothing is lost but time. */
export async function tellObjects(
  sessions: Pick<SessionGate, 'endRecorded'>,
  ends: readonly RecordedEnd[],
): Promise<void> {
  const calls = [...Map.groupBy(ends, ({ shard }) => shard)].flatMap(([shard, all]) =>
    Array.from({ length: Math.ceil(all.length / mostInOneCall) }, (_, at) => ({
      shard,
      ends: all.slice(at * mostInOneCall, (at + 1) * mostInOneCall),
    })),
  )
  await Promise.all(calls.map(({ shard, ends: some }) => tell(sessions, shard, some)))
}

async function tell(
  sessions: Pick<SessionGate, 'endRecorded'>,
  shard: string,
  ends: readonly RecordedEnd[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sessions.endRecorded(shard, ends)
    } catch (error) {
      if (attempt < tries) continue
      const reason = error instanceof Error ? error.message : 'unknown'
      return log('error', 'object not told of ended sessions', { shard, sessions: ends.length, reason })
    }
  }
}
