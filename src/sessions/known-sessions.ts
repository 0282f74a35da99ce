// The sessions a user object has in memory: loaded from the record once for all who ask, proven anew in good time, and
// for a stated time good enough without the record.
import { type Database, DatabaseUnavailable } from '../db/database.ts'
import { type StoredSession, findLiveSession, storedSession } from '../db/queries/sessions.ts'
import { objectWaitMs } from '../db/wait-budget.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import type { EndedStore } from './ended-store.ts'
import { type KnownSession, markEnded } from './known-session.ts'
import type { EndRequest } from './user-sessions.ts'

const sessionsKept = 20_000

/** `unknown`: the record could not be asked, and what was known is too old to go by. */
export type Found = KnownSession | null | 'unknown'

export interface KnownSessionsOptions {
  readonly database: Database
  readonly ended: EndedStore
  readonly provenMs: number
  /** Called in the moment that something about a user turns out to be otherwise than was answered before. */
  readonly onChange: (userId: string) => void
  readonly inBackground: (work: Promise<unknown>) => void
}

export class KnownSessions {
  readonly #options: KnownSessionsOptions
  readonly #known = new BoundedMap<string, KnownSession>(sessionsKept)
  readonly #loading = new Map<string, Promise<Found>>()

  constructor(options: KnownSessionsOptions) {
    this.#options = options
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
      const [row] = await this.#options.database.within({ leftMs: objectWaitMs }).read(findLiveSession(sessionId))
      const session = row === undefined ? null : storedSession(row)
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

/** A sighting is nobody else's business; everything else may decide something. */
function isSameToOthers(before: StoredSession, after: StoredSession): boolean {
  return JSON.stringify({ ...before, lastSeenAtMs: 0 }) === JSON.stringify({ ...after, lastSeenAtMs: 0 })
}
