// The sessions a user object has in memory: loaded from the record once for all who ask, proven anew in good time, and
// for a stated time good enough without the record.
import { type Database, DatabaseUnavailable, type Queries } from '../db/database.ts'
import { type StoredSession, findLiveSessions, storedSession } from '../db/queries/sessions.ts'
import { objectWaitMs } from '../db/wait-budget.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import { createGathering } from '../kit/gathering.ts'
import { isUuid } from '../kit/uuid.ts'
import { type KnownSession, markEnded } from './known-session.ts'
import type { EndRequest } from './user-sessions.ts'

const sessionsKept = 20_000
/** When everybody comes back at once, after a deployment or a rest, a place must not ask about each of them alone. */
const askedTogether = 500
const questionsUnderWay = 3

/** `unknown`: the record could not be asked, and what was known is too old to go by. */
export type Found = KnownSession | null | 'unknown'

/** What was ended here, whether or not the record has heard of it. */
interface EndedSessions {
  covers(session: StoredSession): boolean
  successorSeenAtMs(session: StoredSession): number | null
}

export interface KnownSessionsOptions {
  readonly database: Database
  readonly ended: EndedSessions
  readonly provenMs: number
  /** Called in the moment that something about a user turns out to be otherwise than was answered before. */
  readonly onChange: (userId: string) => void
  readonly inBackground: (work: Promise<unknown>) => void
}

export class KnownSessions {
  readonly #options: KnownSessionsOptions
  readonly #known = new BoundedMap<string, KnownSession>(sessionsKept)
  readonly #loading = new Map<string, Promise<Found>>()
  readonly #record: (sessionId: string) => Promise<StoredSession | null>

  constructor(options: KnownSessionsOptions) {
    this.#options = options
    this.#record = createGathering({
      ask: (ids, leftMs) => liveSessions(options.database.within({ leftMs }), ids),
      waitMs: objectWaitMs,
      mostTogether: askedTogether,
      mostUnderWay: questionsUnderWay,
    })
  }

  get(sessionId: string): KnownSession | undefined {
    return this.#known.get(sessionId)
  }

  async find(sessionId: string, now: number): Promise<Found> {
    const known = this.#known.get(sessionId)
    const age = known === undefined ? Number.POSITIVE_INFINITY : now - known.provenAtMs
    const { provenMs, inBackground } = this.#options
    if (known === undefined || age >= provenMs) return this.#loadOnce(sessionId, known)
    // Renewed in the background at half time: a database that is away shorter than that is never noticed.
    if (age >= provenMs / 2 && !known.isReloading) {
      known.isReloading = true
      inBackground(this.#load(sessionId, known))
    }
    return known
  }

  /** Returns which of them were live, an application's among them when its browser's ended. */
  markEnded(request: Pick<EndRequest, 'userId' | 'which'>): readonly string[] {
    return markEnded(this.#known.values(), request, Date.now())
  }

  /** The record decides at the next question. */
  drop(known: KnownSession): void {
    this.#known.delete(known.session.id)
    this.#options.onChange(known.session.userId)
  }

  /** One question for all who ask at once: a page's fifty requests after a rest must not fill the database's queue. */
  #loadOnce(sessionId: string, known: KnownSession | undefined): Promise<Found> {
    const underWay = this.#loading.get(sessionId)
    if (underWay !== undefined) return underWay
    const loading = this.#load(sessionId, known).finally(() => this.#loading.delete(sessionId))
    this.#loading.set(sessionId, loading)
    return loading
  }

  async #load(sessionId: string, known: KnownSession | undefined): Promise<Found> {
    const askedAtMs = Date.now()
    try {
      const session = isUuid(sessionId) ? await this.#record(sessionId) : null
      // Looked up here and not by every question: an end marks what is known.
      if (session === null || this.#options.ended.covers(session)) {
        if (known !== undefined) this.drop(known)
        return null
      }
      // A rotation that happened while this question was under way is newer than its answer.
      if (known !== undefined && known.session.rotatedAtMs > askedAtMs) return known
      return this.#keep(session, known, askedAtMs)
    } catch (error) {
      if (known !== undefined) known.isReloading = false
      if (error instanceof DatabaseUnavailable) return 'unknown'
      throw error
    }
  }

  #keep(session: StoredSession, known: KnownSession | undefined, provenAtMs: number): KnownSession {
    const loaded = {
      session,
      provenAtMs,
      lastSeenAtMs: Math.max(session.lastSeenAtMs, known?.lastSeenAtMs ?? 0),
      successorSeenAtMs: session.previousSecretHash === null ? null : this.#options.ended.successorSeenAtMs(session),
      rotationFailedAtMs: known?.rotationFailedAtMs ?? null,
      isReloading: false,
      isEnded: false,
    }
    this.#known.set(session.id, loaded)
    if (known !== undefined && !isSameToOthers(known.session, session)) this.#options.onChange(session.userId)
    return loaded
  }
}

async function liveSessions(database: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, StoredSession>> {
  const rows = await database.read(findLiveSessions(ids))
  return new Map(rows.map(storedSession).map((session) => [session.id, session]))
}

/** A sighting is nobody else's business; everything else may decide something. */
function isSameToOthers(before: StoredSession, after: StoredSession): boolean {
  return JSON.stringify({ ...before, lastSeenAtMs: 0 }) === JSON.stringify({ ...after, lastSeenAtMs: 0 })
}
