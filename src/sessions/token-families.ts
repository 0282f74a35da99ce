// Refreshing, in the one place that decides for a user: of any number of equal requests one hands the family on, and all
// get its answer.
import type { AuditRow } from '../db/queries/audit-events.ts'
import { type Database, DatabaseUnavailable, type Row } from '../db/database.ts'
import { type StoredSession, findLiveSession, storedSession } from '../db/queries/sessions.ts'
import { type StoredFamily, refreshFamily, storedFamily } from '../db/queries/token-families.ts'
import { BoundedMap } from '../kit/bounded-map.ts'
import { type RefreshVerdict, judgeRefresh, refreshTokenMs } from './judge-refresh.ts'
import { liveness } from './policy.ts'
import { type RefreshToken, refreshSecret } from './refresh-token.ts'
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

/** What the object that holds the sessions does for this. */
export interface FamilyHolder {
  readonly database: Database
  readonly key: Uint8Array
  readonly ended: { covers(session: StoredSession): boolean }
  readonly policy: UserObjectPolicy
  end(request: EndRequest): Promise<unknown>
}

const unansweredKept = 1000

export class TokenFamilies {
  readonly #holder: FamilyHolder
  readonly #underWay = new Map<string, Promise<RefreshAnswer>>()
  /** Generations whose hand-over may have happened without an answer: asked about again, however late, they are no theft. */
  readonly #unanswered = new BoundedMap<string, number>(unansweredKept)

  constructor(holder: FamilyHolder) {
    this.#holder = holder
  }

  refresh(request: RefreshRequest): Promise<RefreshAnswer> {
    const key = JSON.stringify([request.clientId, request.jkt, request.token])
    const same = this.#underWay.get(key)
    if (same !== undefined) return same
    const answer = this.#decide(request).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, answer)
    return answer
  }

  /** What a token is, without spending it; null for one that is none of a live family. */
  async inspect(token: RefreshToken): Promise<InspectedToken | null | 'unknown'> {
    const live = await this.#load(token.sessionId)
    if (live === null || live === 'unknown') return live
    const { session, family } = live
    const verdict = this.#judge(live, token)
    if (verdict === 'wrong' || session.shard !== token.shard) return null
    const expiresAtMs = Math.min(session.expiresAtMs, family.refreshedAtMs + refreshTokenMs)
    const { clientId, scope } = family
    return { userId: session.userId, clientId, scope, isGood: verdict === 'current', expiresAtMs }
  }

  async #decide(request: RefreshRequest, isAgain = false): Promise<RefreshAnswer> {
    const { token, clientId, jkt } = request
    const live = await this.#load(token.sessionId)
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
        await this.#endFamily(request, live)
        return refused(verdict)
      case 'current':
        // Somebody handed it on between the question and the statement: then the record says what this token is now.
        return (await this.#handOn(request)) ?? (isAgain ? refused('lost twice') : this.#decide(request, true))
    }
  }

  /** Asks the record, always: what another question left in memory may be a generation behind. */
  async #load(sessionId: string): Promise<LiveFamily | null | 'unknown'> {
    try {
      const [row] = await this.#holder.database.read(findLiveSession(sessionId))
      return row === undefined ? null : this.#liveFamily(row)
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return 'unknown'
      throw error
    }
  }

  #liveFamily(row: Row): LiveFamily | null {
    const [session, family] = [storedSession(row), storedFamily(row)]
    // The ends that the record has not heard of yet count as well.
    if (family === null || this.#holder.ended.covers(session)) return null
    const state = liveness(session, session.lastSeenAtMs, this.#holder.policy, Date.now())
    return state === 'live' ? { session, family } : null
  }

  #judge({ family }: LiveFamily, token: RefreshToken): RefreshVerdict {
    const isUnanswered = this.#unanswered.get(token.sessionId) === token.generation
    return judgeRefresh(family, token, { key: this.#holder.key, nowMs: Date.now(), isUnanswered })
  }

  async #handOn({ token, audits }: RefreshRequest): Promise<RefreshAnswer | null> {
    try {
      const [row] = await this.#holder.database.writeIdempotent(
        refreshFamily(token.sessionId, token.generation, audits.refreshed),
      )
      const live = row === undefined ? null : this.#liveFamily(row)
      return live === null ? null : this.#answer(live)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error
      this.#unanswered.set(token.sessionId, token.generation)
      return { outcome: 'unknown' }
    }
  }

  #answer({ session, family }: LiveFamily): RefreshAnswer {
    const secret = refreshSecret(this.#holder.key, family.seed, session.id, family.generation)
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

  async #endFamily({ token, audits }: RefreshRequest, { session }: LiveFamily): Promise<void> {
    const { userId } = session
    const audit = { ...audits.replayed, userId, sessionId: token.sessionId }
    const which = { kind: 'one', sessionId: token.sessionId } as const
    await this.#holder.end({ userId, which, reason: 'refresh token replayed', audit })
  }
}

function refused(reason: string): RefreshAnswer {
  return { outcome: 'refused', reason }
}
