// Sign-ins that are under way at another identity provider.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, atMs, flag, number, textOrNull } from '../values.ts'

export interface NewAttempt {
  readonly stateHash: string
  readonly provider: string
  readonly issuer: string
  readonly browserHash: string
  /** Who connects the provider to their account; null: somebody signs in. */
  readonly userId: string | null
  readonly isFresh: boolean
  readonly returnTo: string | null
  readonly nowMs: number
  readonly expiresAtMs: number
}

export function insertAttempt(attempt: NewAttempt): Statement {
  return sql`insert into sign_in_attempts (state_hash, provider, issuer, browser_hash, user_id, is_fresh, return_to, created_at, expires_at)
    values (${attempt.stateHash}, ${attempt.provider}, ${attempt.issuer}, ${attempt.browserHash}, ${attempt.userId}::uuid,
      ${attempt.isFresh}::boolean, ${attempt.returnTo}, ${atMs(attempt.nowMs)}, ${atMs(attempt.expiresAtMs)})`
}

/** What an answer has to fit, all of it. */
export type AttemptKey = Pick<NewAttempt, 'stateHash' | 'provider' | 'issuer' | 'browserHash'>

export interface SpentAttempt {
  readonly userId: string | null
  readonly isFresh: boolean
  readonly returnTo: string | null
  readonly startedAtMs: number
}

/** Spends an attempt, once: of any number of racers one gets a row, and nobody with another browser's answer does. */
export function spendAttempt({ stateHash, provider, issuer, browserHash }: AttemptKey): Statement {
  return sql`update sign_in_attempts set consumed_at = now()
    where state_hash = ${stateHash} and provider = ${provider} and issuer = ${issuer} and browser_hash = ${browserHash}
      and consumed_at is null and expires_at > now()
    returning user_id, is_fresh, return_to, ${asMs(sql`created_at`)} as created_at_ms`
}

export function spentAttempt(row: Row): SpentAttempt {
  return {
    userId: textOrNull(row, 'user_id'),
    isFresh: flag(row, 'is_fresh'),
    returnTo: textOrNull(row, 'return_to'),
    startedAtMs: number(row, 'created_at_ms'),
  }
}

/** One bounded batch of the daily clean-up. */
export function deleteOldAttempts(limit: number): Statement {
  return sql`delete from sign_in_attempts where state_hash in (
      select state_hash from sign_in_attempts where expires_at < now() - interval '1 day' limit ${limit}) returning state_hash`
}
