// One place that decides for its users: which sessions live, who gets to rotate, whose sockets close. PostgreSQL is the
// record, this object is the judge; what it was told to end stays ended while the record cannot be reached.
import { DurableObject } from 'cloudflare:workers'
import { type Database, DatabaseUnavailable, type Queries, type Row } from '../db/database.ts'
import { endSessions, retirePreviousSecret, rotateSecret } from '../db/queries/sessions.ts'
import { minuteMs } from '../kit/duration.ts'
import { log } from '../log.ts'
import { ChangeLog, type Changes, type LogPosition } from './change-log.ts'
import { EndedStore } from './ended-store.ts'
import { type KnownSession, type SecretVerdict, isRotationDue, isStanding, judgeSecret } from './known-session.ts'
import { KnownSessions } from './known-sessions.ts'
import { type Deliverer, LogoutDelivery } from './logout-delivery.ts'
import { goodForMs, liveness } from './policy.ts'
import { Sightings } from './sightings.ts'
import { closeSockets, closedBySessionEnd } from './sockets.ts'
import type { RefreshToken } from './refresh-token.ts'
import { type InspectedToken, type RefreshAnswer, type RefreshRequest, TokenFamilies } from './token-families.ts'
import { type Attendance, type SocketOwner, TokenSockets, type TokenSocketSessions } from './token-sockets.ts'
import { hashSecret, newSessionSecret } from './token.ts'
import type {
  EndAnswer,
  EndRequest,
  LeaseAnswer,
  LeaseRequest,
  LookRequest,
  RotateRequest,
  UserObjectPolicy,
  UserSessions,
} from './user-sessions.ts'

const flushEveryMs = minuteMs
const retryEndsMs = 2000

type Judge = (known: KnownSession, now: number) => SecretVerdict

function logFault(error: unknown): void {
  log('error', 'session end waits', { reason: error instanceof Error ? error.message : 'unknown' })
}

export interface UserObjectParts {
  readonly database: Database
  readonly policy: UserObjectPolicy
  readonly refreshKey: Uint8Array
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
      this.#notices = new LogoutDelivery(this.#parts.notices, (atMs) => this.#wakeAt(atMs))
      this.#families = new TokenFamilies(this.#parts, this.#ended, (request, waitMs) => this.end(request, waitMs))
      this.#tokenSockets = new TokenSockets(state.storage.sql, this.#known, this.#parts.policy)
      if (this.#ended.pending().length > 0) this.#wakeAt(Date.now() + retryEndsMs)
    }

    changes(since: LogPosition): Promise<Changes> {
      return Promise.resolve(this.#changes.since(since))
    }

    lease(request: LeaseRequest): Promise<LeaseAnswer> {
      return this.#answer(request, (known, now) => {
        const secret = judgeSecret(known, request.secretHash, now)
        this.#noteSecret(known, secret, now)
        return secret
      })
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
      }
    }

    async end(request: EndRequest, waitMs: number): Promise<EndAnswer> {
      this.#ended.add(request.userId, request.which, Date.now() + this.#parts.policy.absoluteMs)
      const { userId } = request
      const seen = this.#known.markEnded(request)
      this.#changes.note(userId)
      closeSockets(this.ctx, request)
      for (const sessionId of seen) closeSockets(this.ctx, { userId, which: { kind: 'one', sessionId } })
      try {
        const rows = await this.#record(request, this.#parts.database.within({ leftMs: waitMs }))
        return { isRecorded: true, ids: rows.map((row) => String(row['id'])) }
      } catch (error) {
        // Whatever kept the record from taking it: it is ended here, so the record and the trail must follow.
        if (!(error instanceof DatabaseUnavailable)) logFault(error)
        this.#ended.addPending(request.audit.id, request)
        this.#wakeAt(Date.now() + retryEndsMs)
        return { isRecorded: false, ids: seen }
      }
    }

    async rotate(
      { sessionId, secretHash, audit }: RotateRequest,
      waitMs: number,
    ): Promise<{ readonly secret: string } | null> {
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

    /** A socket that lives as long as a session does: the gateway holds one beside each WebSocket it forwards. */
    override async fetch(request: Request): Promise<Response> {
      const url = new URL(request.url)
      const sessionId = url.searchParams.get('session') ?? ''
      const userId = url.searchParams.get('user') ?? ''
      const [client, server] = Object.values(new WebSocketPair())
      if (client === undefined || server === undefined) throw new Error('no socket pair')
      this.ctx.acceptWebSocket(server, [`session:${sessionId}`, `user:${userId}`])
      server.serializeAttachment({ sessionId, userId })
      // Asked after the socket stands: an end in between is seen by one of the two. By id, not by secret: a socket may
      // outlive the secret it was opened with.
      const known = await this.#known.find(sessionId, Date.now())
      if (known === 'unknown') return new Response(null, { status: 503 })
      if (known === null || !isStanding(known, userId, this.#parts.policy, Date.now()))
        server.close(closedBySessionEnd, 'session ended')
      return new Response(null, { status: 101, webSocket: client })
    }

    override webSocketClose(socket: WebSocket, code: number): void {
      socket.close(code === 1005 || code === 1006 ? 1000 : code)
    }

    override async alarm(): Promise<void> {
      this.#alarmAtMs = null
      const isDone = await this.#flushPending()
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

    /** Repeatable: the record tells a second time what it was told the first. */
    async #record({ userId, which, reason, audit }: EndRequest, database: Queries): Promise<readonly Row[]> {
      return this.#notices.noteEnded(await database.writeIdempotent(endSessions(userId, which, reason, audit)))
    }

    async #flushPending(): Promise<boolean> {
      let isDone = true
      for (const { id, request } of this.#ended.pending()) {
        try {
          await this.#record(request, this.#parts.database)
          this.#ended.deletePending(id)
        } catch (error) {
          if (error instanceof DatabaseUnavailable) return false
          // One that the record refuses must not keep the others waiting.
          logFault(error)
          isDone = false
        }
      }
      return isDone
    }
  }
}
