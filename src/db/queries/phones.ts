// Phones as the record keeps them: what an account signs in with, or what proves it a second time; and the codes asked of them.
import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { atMs, text, textArray } from '../values.ts'
import { type AskedAudits, type AuditRow, insertAuditOfAsking, insertAuditWhen } from './audit-events.ts'
import { newestAsked } from './challenges.ts'
import { type NewSession, insertSession } from './sessions.ts'
import { type SignInRows, entryColumns, factorMethods, openOrPause } from './sign-in.ts'

export const phoneUses = ['sign-in', 'second-factor'] as const
export type PhoneUse = (typeof phoneUses)[number]

export interface OwnPhone {
  readonly number: string
  readonly use: PhoneUse
}

export function findPhone(userId: string): Statement {
  return sql`select phone, use from phone_credentials where user_id = ${userId}::uuid`
}

export function ownPhone(row: Row): OwnPhone {
  return { number: text(row, 'phone'), use: useOf(row, 'use') }
}

export function useOf(row: Row, column: string): PhoneUse {
  return text(row, column) === 'second-factor' ? 'second-factor' : 'sign-in'
}

/** What a code is good for; one of another purpose is no answer. */
export type PhonePurpose = 'phone-sign-in' | 'phone-enrolment' | 'phone-factor'

export interface NewPhoneCode {
  readonly id: string
  /** Nobody is given its token: the column wants one of its own. */
  readonly tokenHash: string
  /** Null where the vendor keeps the code. */
  readonly codeHash: string | null
  readonly phone: string
  readonly use: PhoneUse
  /** The browser that asked, which alone can answer; null for a program. */
  readonly browserHash: string | null
  readonly returnTo: string | null
  readonly ip: string | null
  readonly expiresAtMs: number
}

function insertCode(code: NewPhoneCode, purpose: PhonePurpose, from: SQL, userId: SQL): SQL {
  return sql`insert into challenges (id, purpose, user_id, token_hash, code_hash, phone, phone_use, browser_hash, return_to, ip,
      code_expires_at, expires_at)
    select ${code.id}::uuid, ${purpose}, ${userId}, ${code.tokenHash}, ${code.codeHash}, ${code.phone}, ${code.use},
      ${code.browserHash}, ${code.returnTo}, ${code.ip}::inet, ${atMs(code.expiresAtMs)}, ${atMs(code.expiresAtMs)}
    from ${from}`
}

/** Asks the phone of an account that signs in with it, if there is one. Returns one row if it did. */
export function askToSignIn(code: NewPhoneCode, audits: AskedAudits): Statement {
  const who = sql`(select u.id from phone_credentials p join users u on u.id = p.user_id
      where p.phone = ${code.phone} and p.use = 'sign-in' and u.status = 'active' and u.deleted_at is null) who`
  const owner = sql`(select p.user_id from phone_credentials p where p.phone = ${code.phone} and p.use = 'sign-in')`
  return sql`with asked as (${insertCode(code, 'phone-sign-in', who, sql`who.id`)} returning id, user_id),
    ${insertAuditOfAsking(audits, owner)}
    select id from asked`
}

/** Asks a phone that is to become an account's, which has none yet. */
export function askToEnrol(userId: string, code: NewPhoneCode, audit: AuditRow): Statement {
  const who = sql`(select u.id from users u where u.id = ${userId}::uuid
      and not exists (select 1 from phone_credentials p where p.user_id = u.id)) who`
  return sql`with asked as (${insertCode(code, 'phone-enrolment', who, sql`who.id`)} returning id),
    logged as (${insertAuditWhen(sql`asked`, audit)})
    select id from asked`
}

/** For the login that a token of a pause stands for. */
export function findPausedPhone(tokenHash: string): Statement {
  return sql`select c.user_id, p.phone from challenges c
      join phone_credentials p on p.user_id = c.user_id and p.use = 'second-factor'
    where c.token_hash = ${tokenHash} and c.purpose = 'second-factor' and c.consumed_at is null and c.expires_at > now()`
}

/** How the login that a token stands for can go on. */
export function findPausedMethods(tokenHash: string): Statement {
  return sql`select ${factorMethods(sql`c.user_id`)} as methods from challenges c
    where c.token_hash = ${tokenHash} and c.purpose = 'second-factor' and c.consumed_at is null and c.expires_at > now()`
}

export function askForFactor(userId: string, code: NewPhoneCode, audit: AuditRow): Statement {
  const who = sql`(select user_id from phone_credentials
      where user_id = ${userId}::uuid and phone = ${code.phone} and use = 'second-factor') who`
  return sql`with asked as (${insertCode(code, 'phone-factor', who, sql`who.user_id`)} returning id),
    logged as (${insertAuditWhen(sql`asked`, audit)})
    select id from asked`
}

export interface CodeQuestion {
  readonly purpose: PhonePurpose
  readonly browserHash: string | null
  readonly maxAttempts: number
}

/**
 * Counts an attempt at the newest open code, before anything is compared. In another browser than the one that asked there
 * is none: nobody uses up the tries of somebody else.
 */
function countAttempt(which: SQL, { purpose, browserHash, maxAttempts }: CodeQuestion): SQL {
  return sql`update challenges set attempts = attempts + 1
    where id = (${newestAsked(which, purpose, browserHash)})
      and consumed_at is null and code_expires_at > now() and attempts < ${maxAttempts}
    returning id, code_hash, phone, phone_use`
}

/** For tries that nobody could judge: an outage of the vendor uses up nobody's. */
export function forgetAttempts(ids: readonly string[]): Statement {
  return sql`update challenges set attempts = attempts - 1
    where id = any(${textArray(ids)}::uuid[]) and consumed_at is null and attempts > 0 returning id`
}

export function countNumberAttempt(phone: string, question: CodeQuestion): Statement {
  return countAttempt(sql`c.phone = ${phone}`, question)
}

export function countUserAttempt(userId: string, question: CodeQuestion): Statement {
  return countAttempt(sql`c.user_id = ${userId}::uuid`, question)
}

/** For a login that waits: the try counts on its pause, and on the code that was sent for it, if there is one. */
export function countPausedCode(tokenHash: string, { purpose, browserHash, maxAttempts }: CodeQuestion): Statement {
  return sql`with who as (
      update challenges set attempts = attempts + 1
      where token_hash = ${tokenHash} and purpose = 'second-factor' and consumed_at is null and expires_at > now()
        and attempts < ${maxAttempts} returning id, user_id, amr),
    tried as (
      update challenges t set attempts = attempts + 1 from who
      where t.id = (${newestAsked(sql`c.user_id = who.user_id`, purpose, browserHash)})
        and t.consumed_at is null and t.code_expires_at > now() and t.attempts < ${maxAttempts}
      returning t.id as code_id, t.code_hash, t.phone)
    select who.id, who.user_id, who.amr, tried.code_id, tried.code_hash, tried.phone from who left join tried on true`
}

/**
 * A code of ours, counted, compared and spent by one statement: of any number of racers the first is through, whoever else has
 * to wait. What is compared is a keyed hash, about which the time it takes tells nothing. For a `with` list.
 */
export function spentByCode(phone: string, codeHash: string, { purpose, browserHash, maxAttempts }: CodeQuestion): SQL {
  return sql`tried as (
      update challenges t set attempts = attempts + 1, consumed_at = case when t.code_hash = ${codeHash} then now() end
      where t.id = (${newestAsked(sql`c.phone = ${phone}`, purpose, browserHash)})
        and t.consumed_at is null and t.code_expires_at > now() and t.attempts < ${maxAttempts}
      returning t.user_id, t.phone, t.return_to, t.consumed_at),
    spent as (select user_id, phone, return_to from tried where consumed_at is not null)`
}

/** A code that its vendor found right. For a `with` list. */
export function spentById(id: string): SQL {
  return sql`spent as (
      update challenges set consumed_at = now()
      where id = ${id}::uuid and purpose = 'phone-sign-in' and consumed_at is null and expires_at > now()
      returning user_id, phone, return_to)`
}

/** Signs in by the code that `spent` spends, if the number is still the account's. */
export function enterByPhone(spent: SQL, rows: SignInRows): Statement {
  return sql`with ${spent},
    owner as (
      select u.id as user_id, spent.return_to from spent join users u on u.id = spent.user_id
        join phone_credentials p on p.user_id = u.id and p.use = 'sign-in' and p.phone = spent.phone
      where u.status = 'active' and u.deleted_at is null),
    ${openOrPause(rows, sql`owner`, { userId: sql`owner.user_id`, taken: null })}
    select ${entryColumns}, owner.return_to from owner join users u on u.id = owner.user_id join entry on entry.user_id = u.id`
}

export interface NewPhone {
  readonly session: NewSession
  readonly audit: AuditRow
}

/**
 * Makes the phone the account's own and opens the session of whoever has just proven it. No row: spent, or taken. Of a deleted
 * account it is free at once, as its address is; counted, so that it is free before it is taken.
 */
export function confirmPhone(id: string, userId: string, { session, audit }: NewPhone): Statement {
  return sql`with spent as (
      update challenges set consumed_at = now(), used_ip = ${session.ip}::inet
      where id = ${id}::uuid and user_id = ${userId}::uuid and purpose = 'phone-enrolment'
        and consumed_at is null and expires_at > now()
      returning user_id, phone, phone_use),
    freed as (
      delete from phone_credentials p using spent, users u
      where p.phone = spent.phone and u.id = p.user_id and u.deleted_at is not null returning p.user_id),
    added as (
      insert into phone_credentials (user_id, phone, use) select user_id, phone, phone_use from spent
      where (select count(*) from freed) >= 0
      on conflict do nothing returning user_id),
    opened as (${insertSession(session, sql`added`, sql`added.user_id`)}),
    logged as (${insertAuditWhen(sql`added`, audit)})
    select user_id from added`
}

export function removePhone(userId: string, audit: AuditRow): Statement {
  return sql`with removed as (delete from phone_credentials where user_id = ${userId}::uuid returning user_id),
    void as (
      update challenges c set consumed_at = now() from removed
      where c.user_id = removed.user_id and c.phone is not null and c.consumed_at is null),
    logged as (${insertAuditWhen(sql`removed`, audit)})
    select user_id from removed`
}
