// One place that decides for its users: which sessions live, who gets to rotate, whose sockets close. PostgreSQL is the
// record, this object is the judge; what it was told to end stays ended while the record cannot be reached.
import { DurableObject } from 'cloudflare:workers'
import { type Database, DatabaseUnavailable } from '../db/database.ts'
import { retirePreviousSecret, rotateSecret } from '../db/queries/sessions.ts'
import { minuteMs } from '../kit/duration.ts'
import { ChangeLog, type Changes, type LogPosition } from './change-log.ts'
import { EndedStore } from './ended-store.ts'
import { EndsOnRecord } from './ends-on-record.ts'
import { type KnownSession, type SecretVerdict, isRotationDue, judgeSecret } from './known-session.ts'
import { KnownSessions } from './known-sessions.ts'
import { type EndHere, createEndHere } from './end-here.ts'
import type { RecordedEnd } from './end-recorded.ts'
import { type Deliverer, LogoutDelivery } from './logout-delivery.ts'
import { goodForMs, liveness } from './policy.ts'
import { Sightings } from './sightings.ts'
import type { RefreshKeys, RefreshToken } from './refresh-token.ts'
import { type InspectedToken, type RefreshAnswer, type RefreshRequest, TokenFamilies } from './token-families.ts'
import { type Attendance, type SocketOwner, TokenSockets, type TokenSocketSessions } from './token-sockets.ts'
import { hashSecret, newSessionSecret } from './token.ts'
import { answerWatch } from './watch.ts'
import type {
  EndAnswer,
  EndRequest,
  LeaseAnswer,
  LeaseRequest,
  LookRequest,
  RotateRequest,
  StandingAnswer,
  UserObjectPolicy,
  UserSessions,
} from './user-sessions.ts'

const flushEveryMs = minuteMs
const retryEndsMs = 2000

type Judge = (known: KnownSession, now: number) => SecretVerdict

export interface UserObjectParts {
  readonly database: Database
  readonly policy: UserObjectPolicy
  readonly refreshKeys: RefreshKeys
  /** How long a token of another issuer can count at most, from when it was issued. */
  readonly longestTokenMs: number
  /** Tells applications of ended sessions; null where there are none. */
  readonly notices: Deliverer | null
}

export function userObject(compose: (env: Env) => UserObjectParts) {
  return class UserObject extends DurableObject<Env> implements UserSessions, TokenSocketSessions {
    readonly #parts: UserObjectParts
    readonly #ended: EndedStore
    readonly #changes = new ChangeLog(crypto.randomUUID())
    readonly #known: KnownSessions
    readonly #families: TokenFamilies
    readonly #tokenSockets: TokenSockets
    readonly #notices: LogoutDelivery
    readonly #onRecord: EndsOnRecord
    readonly #endHere: EndHere
    readonly #sightings = new Sightings()
    #alarmAtMs: number | null = null

    constructor(state: DurableObjectState, env: Env) {
      super(state, env)
      this.#parts = compose(env)
      this.#ended = new EndedStore(state.storage.sql)
      this.#known = new KnownSessions({
        database: this.#parts.database,
        ended: this.#ended,
        provenMs: this.#parts.policy.provenMs,
        onChange: (userId) => this.#changes.note(userId),
        inBackground: (work) => state.waitUntil(work),
      })
      this.#endHere = createEndHere({
        state,
        ended: this.#ended,
        known: this.#known,
        changes: this.#changes,
        rememberMs: Math.max(this.#parts.policy.absoluteMs, this.#parts.longestTokenMs),
      })
      this.#notices = new LogoutDelivery(this.#parts.notices, (atMs) => this.#wakeAt(atMs))
      this.#onRecord = new EndsOnRecord(this.#ended, this.#notices)
      this.#families = new TokenFamilies(this.#parts, this.#ended, (request, waitMs) => this.end(request, waitMs))
      this.#tokenSockets = new TokenSockets(state.storage.sql, this.#known, this.#parts.policy)
      if (this.#ended.pending().length > 0) this.#wakeAt(Date.now() + retryEndsMs)
    }

    changes(since: LogPosition): Promise<Changes> {
      return Promise.resolve(this.#changes.since(since))
    }

    standing(userId: string): Promise<StandingAnswer> {
      const [endedUpToMs, wasChanged] = [this.#ended.endedUpToMs(userId), this.#changes.names(userId)]
      return Promise.resolve({ endedUpToMs, wasChanged, position: this.#changes.position })
    }

    async lease(request: LeaseRequest): Promise<LeaseAnswer> {
      const answer = await this.#answer(request, (known, now) => {
        const secret = judgeSecret(known, request.secretHash, now)
        this.#noteSecret(known, secret, now)
        return secret
      })
      return this.#ended.fingerprints.into(answer, request.fingerprint)
    }

    look(request: LookRequest): Promise<LeaseAnswer> {
      return this.#answer(request, () => 'current')
    }

    refresh(request: RefreshRequest, waitMs: number): Promise<RefreshAnswer> {
      return this.#families.refresh(request, waitMs)
    }

    inspect(token: RefreshToken, waitMs: number): Promise<InspectedToken | null | 'unknown'> {
      return this.#families.inspect(token, waitMs)
    }

    attend(owner: SocketOwner, shownUntilMs: number | null): Promise<Attendance> {
      return this.#tokenSockets.attend(owner, shownUntilMs)
    }

    async #answer(request: LookRequest, judge: Judge): Promise<LeaseAnswer> {
      const now = Date.now()
      const known = await this.#known.find(request.sessionId, now)
      if (known === 'unknown') return { outcome: 'unknown' }
      if (known === null) return { outcome: 'dead', reason: 'no such session', userId: null }
      const { session } = known
      if (known.isEnded) return { outcome: 'dead', reason: 'ended', userId: session.userId }
      if (session.shard !== request.shard) return { outcome: 'dead', reason: 'wrong shard', userId: session.userId }
      const state = liveness(session, known.lastSeenAtMs, this.#parts.policy, now)
      if (state !== 'live') return { outcome: 'dead', reason: state, userId: session.userId }
      const secret = judge(known, now)
      if (secret === 'wrong') return { outcome: 'dead', reason: 'wrong secret', userId: session.userId }
      if (secret === 'replayed') return { outcome: 'dead', reason: 'replayed secret', userId: session.userId }
      known.lastSeenAtMs = now
      this.#sightings.note(request, now)
      this.#wakeAt(now + flushEveryMs)
      return {
        outcome: 'live',
        session,
        goodForMs: goodForMs(known, secret, this.#parts.policy, now),
        position: this.#changes.position,
        isRotationDue: isRotationDue(known, secret, this.#parts.policy.rotateAfterMs, now),
        fingerprint: null,
      }
    }

    async end(request: EndRequest, waitMs: number): Promise<EndAnswer> {
      const seen = this.#endHere(request)
      const ids = await this.#onRecord.tell(request, this.#parts.database.within({ leftMs: waitMs }))
      if (ids !== null) return { isRecorded: true, ids }
      this.#wakeAt(Date.now() + retryEndsMs)
      return { isRecorded: false, ids: seen }
    }

    endRecorded(ends: readonly RecordedEnd[]): Promise<void> {
      for (const { userId, sessionId } of ends) this.#endHere({ userId, which: { kind: 'one', sessionId } })
      // Perhaps applications have to hear of it; the record knows which.
      this.#notices.noteEnded([{ is_noticed: true }])
      return Promise.resolve()
    }

    async rotate(request: RotateRequest, waitMs: number): Promise<{ readonly secret: string } | null> {
      const { sessionId, secretHash, audit } = request
      const known = this.#known.get(sessionId)
      if (known === undefined || known.isEnded) return null
      // A repeated rotation starts from the stored secret although the one before it was presented: the answer got lost.
      const verdict = judgeSecret(known, secretHash, Date.now())
      this.#noteSecret(known, verdict, Date.now())
      if (
        verdict === 'wrong' ||
        verdict === 'replayed' ||
        !isRotationDue(known, verdict, this.#parts.policy.rotateAfterMs, Date.now())
      )
        return null
      const secret = newSessionSecret()
      const newHash = hashSecret(secret)
      // Taken before the first await: simultaneous requests find the rotation done and keep their old cookie.
      const before = known.session
      const seenBefore = known.successorSeenAtMs
      known.session = { ...before, secretHash: newHash, previousSecretHash: secretHash, rotatedAtMs: Date.now() }
      known.successorSeenAtMs = null
      this.#changes.note(before.userId)
      try {
        const rows = await this.#parts.database
          .within({ leftMs: waitMs })
          .write(
            rotateSecret(sessionId, { expectedHash: before.secretHash, presentedHash: secretHash, newHash }, audit),
          )
        if (rows.length === 1) return { secret }
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error
        // The proven session goes on with the secret at hand. If the rotation took effect all the same, the next one
        // finds another secret in the record, and the presented one there as the one before.
        known.session = before
        known.successorSeenAtMs = seenBefore
        known.rotationFailedAtMs = Date.now()
        return null
      }
      // The record holds another secret.
      this.#known.drop(known)
      return null
    }

    /** A socket that lives as long as a session or token: the gateway holds one beside each WebSocket it forwards. */
    override fetch(request: Request): Promise<Response> {
      const { policy } = this.#parts
      return answerWatch(request, { state: this.ctx, ended: this.#ended, known: this.#known, policy })
    }

    override webSocketClose(socket: WebSocket, code: number): void {
      socket.close(code === 1005 || code === 1006 ? 1000 : code)
    }

    override async alarm(): Promise<void> {
      this.#alarmAtMs = null
      const isDone = await this.#onRecord.flush(this.#parts.database)
      // Not while the record is away: what waits for it comes first, and wakes again.
      if (isDone) {
        await this.#sightings.flush(this.#parts.database)
        await this.#notices.run()
      }
      this.#ended.forgetBefore(Date.now())
      this.#tokenSockets.forgetBefore(Date.now())
      if (!isDone) this.#wakeAt(Date.now() + retryEndsMs)
    }

    /** There is one alarm for two kinds of work: a later wish must not put off an earlier one. */
    #wakeAt(atMs: number): void {
      if (this.#alarmAtMs !== null && this.#alarmAtMs <= atMs) return
      this.#alarmAtMs = atMs
      // Unconfirmed: no answer waits for it. What must not be lost is stored, and wakes the object when it starts anew.
      void this.ctx.storage.setAlarm(atMs, { allowUnconfirmed: true })
    }

    /** What the verdict changes is written down: it must hold when the object starts anew. */
    #noteSecret(known: KnownSession, verdict: SecretVerdict, now: number): void {
      const { session } = known
      if (verdict === 'current' && session.previousSecretHash !== null && known.successorSeenAtMs === null) {
        known.successorSeenAtMs = now
        this.#ended.addSuccessorSeen(session, now)
      }
      if (verdict !== 'replayed') return
      const retired = this.#parts.database.writeIdempotent(retirePreviousSecret(session.id))
      this.ctx.waitUntil(retired.catch(() => undefined))
    }
  }
}
