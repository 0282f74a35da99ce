// What the worker may ask the object that decides for a user's sessions.
import type { AuditRow } from '../db/queries/audit-events.ts'
import type { EndedSessions, StoredSession } from '../db/queries/sessions.ts'
import type { Changes, LogPosition } from './change-log.ts'
import type { Fingerprint } from './fingerprint.ts'
import type { RecordedEnd } from './end-recorded.ts'
import type { SessionPolicy } from './policy.ts'
import type { RefreshToken } from './refresh-token.ts'
import type { InspectedToken, RefreshAnswer, RefreshRequest } from './token-families.ts'

export interface LeaseRequest {
  readonly sessionId: string
  /** Where the token says to ask: only the shard of the user knows of every end. */
  readonly shard: string
  readonly secretHash: string
  readonly ip: string | null
  /** What the cookie comes with; null where that does not matter. */
  readonly fingerprint: Fingerprint | null
}

/** About a session that a token names which was signed here: the signature is the proof, there is no secret. */
export type LookRequest = Omit<LeaseRequest, 'secretHash' | 'fingerprint'>

export type LeaseAnswer =
  | {
      readonly outcome: 'live'
      readonly session: StoredSession
      /** How long the answer stays good as long as nothing happens to its user, by the log from here. */
      readonly goodForMs: number
      readonly position: LogPosition
      readonly isRotationDue: boolean
      /** What the session was first used with; null where that was not asked. */
      readonly fingerprint: Fingerprint | null
    }
  | { readonly outcome: 'dead'; readonly reason: string; readonly userId: string | null }
  | { readonly outcome: 'unknown' }

/** What the object knows of somebody without looking at the record. */
export interface StandingAnswer {
  /** Tokens of other issuers that they had by then count no more; null: nothing was ended. */
  readonly endedUpToMs: number | null
  /** Something happened to them in the life of this object. */
  readonly wasChanged: boolean
  readonly position: LogPosition
}

export interface EndRequest {
  readonly userId: string
  readonly which: EndedSessions
  readonly reason: string
  readonly audit: AuditRow
  /** On record also where no session was live: what else the order ended, tokens of other issuers, is counted nowhere. */
  readonly isAlwaysRecorded?: boolean
}

export interface RotateRequest {
  readonly sessionId: string
  readonly secretHash: string
  readonly audit: AuditRow
}

/**
 * What an order to end sessions did. Once recorded, `ids` are those the record had; before that, while the database
 * cannot be asked, those this object had seen live: the others end as well, and nobody knows yet how many they are.
 */
export interface EndAnswer {
  readonly isRecorded: boolean
  readonly ids: readonly string[]
}

export interface UserObjectPolicy extends SessionPolicy {
  readonly unverifiedMs: number
}

/** What the worker may ask. `unknown` of a lease means the database could not be asked: nobody is let in on it. */
export interface UserSessions {
  lease(request: LeaseRequest): Promise<LeaseAnswer>
  look(request: LookRequest): Promise<LeaseAnswer>
  refresh(request: RefreshRequest, waitMs: number): Promise<RefreshAnswer>
  inspect(token: RefreshToken, waitMs: number): Promise<InspectedToken | null | 'unknown'>
  standing(userId: string): Promise<StandingAnswer>
  /** Of whom nothing may be assumed any more, since that position of the log. */
  changes(since: LogPosition): Promise<Changes>
  /** Durable when it returns, recorded or not; `waitMs` is how long the record may keep the caller waiting. */
  end(request: EndRequest, waitMs: number): Promise<EndAnswer>
  /** Of sessions that the record has ended already. */
  endRecorded(ends: readonly RecordedEnd[]): Promise<void>
  rotate(request: RotateRequest, waitMs: number): Promise<{ readonly secret: string } | null>
}
