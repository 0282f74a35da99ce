// Refreshing, in the one place that decides for a user: of any number of equal requests one hands the family on, and all
// get its answer.
import type { AuditRow } from '../db/queries/audit-events.ts'
import { type Database, DatabaseUnavailable, type Queries, type Row } from '../db/database.ts'
import { type StoredSession, findLiveSession, storedSession } from '../db/queries/sessions.ts'
import { type StoredFamily, refreshFamily, storedFamily } from '../db/queries/token-families.ts'
import type { WaitBudget } from '../db/wait-budget.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import { type RefreshVerdict, judgeRefresh, refreshTokenMs } from './judge-refresh.ts'
import { liveness } from './policy.ts'
import { type RefreshKeys, type RefreshToken, refreshSecret } from './refresh-token.ts'
import type { EndRequest, UserObjectPolicy } from './user-sessions.ts'

export interface RefreshRequest {
  readonly token: RefreshToken
  /** Who asks, authenticated as far as it can be. */
  readonly clientId: string
  /** The key it proved to hold; null for none. */
  readonly jkt: string | null
  readonly audits: { readonly refreshed: AuditRow; readonly replayed: AuditRow }
}

export type RefreshAnswer =
  | {
      readonly outcome: 'refreshed'
      readonly session: StoredSession
      readonly scope: string
      readonly generation: number
      readonly secret: string
      readonly issuedAtMs: number
    }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unknown' }

/** An authentic refresh token of a live family; `isGood` while it can be spent. */
export interface InspectedToken {
  readonly userId: string
  readonly clientId: string
  readonly scope: string
  readonly isGood: boolean
  readonly expiresAtMs: number
}

/** A session of the record which is live by everything the object knows. */
interface LiveFamily {
  readonly session: StoredSession
  readonly family: StoredFamily
}

/** What of an object's parts this works with. */
interface FamilyParts {
  readonly database: Database
  readonly policy: UserObjectPolicy
  readonly refreshKeys: RefreshKeys
}

/** The ends that the record may not have heard of yet. */
interface Ends {
  covers(session: StoredSession): boolean
}

type End = (request: EndRequest, waitMs: number) => Promise<unknown>

const unansweredKept = 1000

export class TokenFamilies {
  readonly #parts: FamilyParts
  readonly #ended: Ends
  readonly #end: End
  readonly #underWay = new Map<string, Promise<RefreshAnswer>>()
  /** Generations whose hand-over may have happened without an answer: asked about again, however late, they are no theft. */
  readonly #unanswered = new BoundedMap<string, number>(unansweredKept)

  constructor(parts: FamilyParts, ended: Ends, end: End) {
    this.#parts = parts
    this.#ended = ended
    this.#end = end
  }

  /** `waitMs`: how long the record may keep the caller waiting, all questions together. */
  refresh(request: RefreshRequest, waitMs: number): Promise<RefreshAnswer> {
    const key = JSON.stringify([request.clientId, request.jkt, request.token])
    const same = this.#underWay.get(key)
    if (same !== undefined) return same
    const budget = { leftMs: waitMs }
    const answer = this.#decide(request, budget).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, answer)
    return answer
  }

  /** What a token is, without spending it; null for one that is none of a live family. */
  async inspect(token: RefreshToken, waitMs: number): Promise<InspectedToken | null | 'unknown'> {
    const live = await this.#load(token.sessionId, this.#parts.database.within({ leftMs: waitMs }))
    if (live === null || live === 'unknown') return live
    const { session, family } = live
    const verdict = this.#judge(live, token)
    if (verdict === 'wrong' || session.shard !== token.shard) return null
    const expiresAtMs = Math.min(session.expiresAtMs, family.refreshedAtMs + refreshTokenMs)
    const { clientId, scope } = family
    return { userId: session.userId, clientId, scope, isGood: verdict === 'current', expiresAtMs }
  }

  async #decide(request: RefreshRequest, budget: WaitBudget, isAgain = false): Promise<RefreshAnswer> {
    const { token, clientId, jkt } = request
    const database = this.#parts.database.within(budget)
    const live = await this.#load(token.sessionId, database)
    if (live === 'unknown') return { outcome: 'unknown' }
    if (live === null) return refused('no such session')
    if (live.session.shard !== token.shard) return refused('wrong shard')
    if (live.family.clientId !== clientId) return refused('token of another client')
    if (live.family.jkt !== null && live.family.jkt !== jkt) return refused('bound to another key')
    const verdict = this.#judge(live, token)
    switch (verdict) {
      case 'wrong':
      case 'expired':
        return refused(verdict)
      case 'repeated':
        return this.#answer(live)
      case 'replayed':
        await this.#endFamily(request, live, budget.leftMs)
        return refused(verdict)
      case 'current':
        // Somebody handed it on between the question and the statement: then the record says what this token is now.
        return (
          (await this.#handOn(request, database)) ??
          (isAgain ? refused('lost twice') : this.#decide(request, budget, true))
        )
    }
  }

  /** Asks the record, always: what another question left in memory may be a generation behind. */
  async #load(sessionId: string, database: Queries): Promise<LiveFamily | null | 'unknown'> {
    try {
      const [row] = await database.read(findLiveSession(sessionId))
      return row === undefined ? null : this.#liveFamily(row)
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return 'unknown'
      throw error
    }
  }

  #liveFamily(row: Row): LiveFamily | null {
    const [session, family] = [storedSession(row), storedFamily(row)]
    if (family === null || this.#ended.covers(session)) return null
    const state = liveness(session, session.lastSeenAtMs, this.#parts.policy, Date.now())
    return state === 'live' ? { session, family } : null
  }

  #judge({ family }: LiveFamily, token: RefreshToken): RefreshVerdict {
    const isUnanswered = this.#unanswered.get(token.sessionId) === token.generation
    return judgeRefresh(family, token, { keys: this.#parts.refreshKeys, nowMs: Date.now(), isUnanswered })
  }

  async #handOn({ token, audits }: RefreshRequest, database: Queries): Promise<RefreshAnswer | null> {
    try {
      const [row] = await database.writeIdempotent(refreshFamily(token.sessionId, token.generation, audits.refreshed))
      const live = row === undefined ? null : this.#liveFamily(row)
      return live === null ? null : this.#answer(live)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error
      this.#unanswered.set(token.sessionId, token.generation)
      return { outcome: 'unknown' }
    }
  }

  #answer({ session, family }: LiveFamily): RefreshAnswer {
    const secret = refreshSecret(this.#parts.refreshKeys.current, family.seed, session.id, family.generation)
    const { scope, generation } = family
    // A late answer to a question that got none must not bring a token that is old already.
    const isLate = this.#unanswered.get(session.id) === generation - 1
    return {
      outcome: 'refreshed',
      session,
      scope,
      generation,
      secret,
      issuedAtMs: isLate ? Date.now() : family.refreshedAtMs,
    }
  }

  async #endFamily({ token, audits }: RefreshRequest, { session }: LiveFamily, waitMs: number): Promise<void> {
    const { userId } = session
    const audit = { ...audits.replayed, userId, sessionId: token.sessionId }
    const which = { kind: 'one', sessionId: token.sessionId } as const
    await this.#end({ userId, which, reason: 'refresh token replayed', audit }, waitMs)
  }
}

function refused(reason: string): RefreshAnswer {
  return { outcome: 'refused', reason }
}
