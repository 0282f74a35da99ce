// The second factor as the record keeps it: an authenticator app's sealed secret, and hashes of backup codes.
import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { asMs, flag, number, numberOrNull, text, textArray, textOrNull, texts } from '../values.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type NewSession, insertSession } from './sessions.ts'
import { factorMethods } from './sign-in.ts'

/** The numbers of the locks that wrong passwords bring; see limits/lockout.ts. */
export interface FactorLock {
  readonly failures: number
  readonly firstMs: number
  readonly longestMs: number
  readonly forgivenAfterMs: number
}

/**
 * Counts a try of a person's second factor before anything is compared, over all their sessions and logins: it is a new
 * login that guessing would start over with. From the last wrong one that is allowed on, each locks for twice as long as the
 * one before. For a `with` list; `who` has the column `user_id`.
 */
function countedTry(who: SQL, { failures: firstLockAfter, firstMs, longestMs, forgivenAfterMs }: FactorLock): SQL {
  const isForgiven = sql`t.failed_at < now() - ${interval(forgivenAfterMs)}`
  const failures = sql`(case when ${isForgiven} then 0 else t.failures end + 1)`
  const doubled = sql`power(2, least(${failures} - ${firstLockAfter}, 30))`
  const lock = sql`least(${interval(longestMs)}, ${interval(firstMs)} * ${doubled})`
  return sql`tried as (
      update totp_credentials t set failures = ${failures}, failed_at = now(),
        locked_until = case when ${failures} >= ${firstLockAfter} then now() + ${lock} end
      from ${who} who
      where t.user_id = who.user_id and t.confirmed_at is not null and (t.locked_until is null or t.locked_until <= now())
      returning t.user_id, t.secret)`
}

/** How guessing at the authenticator app of whoever has that address stands. No row: nobody has, or no app. */
export function findFactorLock(email: string): Statement {
  return sql`select t.failures, ${asMs(sql`t.locked_until`)} as locked_until_ms from totp_credentials t join users u on u.id = t.user_id
    where lower(u.email) = lower(${email}) and u.deleted_at is null and t.confirmed_at is not null and t.failures > 0`
}

function interval(ms: number): SQL {
  return sql`make_interval(secs => ${ms / 1000}::double precision)`
}

/** What is known before a code is compared. */
export interface CountedTry {
  readonly userId: string
  /** Null while the factor is locked, or there is none. */
  readonly sealedSecret: string | null
  readonly lockedForMs: number | null
  /** The login that waits for the factor; null for somebody who is signed in. */
  readonly pause: { readonly id: string; readonly amr: readonly string[] } | null
}

const triedColumns = sql`tried.secret,
  ${asMs(sql`(select locked_until from totp_credentials l where l.user_id = who.user_id and l.locked_until > now()) - now()`)} as locked_for_ms`

/** For a login that waits. No row: its token is wrong, spent, too old or was tried too often. */
export function countPausedTry(tokenHash: string, maxTries: number, policy: FactorLock): Statement {
  return sql`with who as (
      update challenges set attempts = attempts + 1
      where token_hash = ${tokenHash} and purpose = 'second-factor' and consumed_at is null and expires_at > now()
        and attempts < ${maxTries} returning id, user_id, amr),
    ${countedTry(sql`who`, policy)}
    select who.id, who.user_id, who.amr, ${triedColumns} from who left join tried on tried.user_id = who.user_id`
}

/** For somebody who is signed in. */
export function countOwnTry(userId: string, policy: FactorLock): Statement {
  return sql`with who as (select ${userId}::uuid as user_id), ${countedTry(sql`(select user_id from who)`, policy)}
    select null as id, who.user_id, ${triedColumns} from who left join tried on tried.user_id = who.user_id`
}

export function countedTryOf(row: Row): CountedTry {
  const id = textOrNull(row, 'id')
  return {
    userId: text(row, 'user_id'),
    sealedSecret: textOrNull(row, 'secret'),
    lockedForMs: numberOrNull(row, 'locked_for_ms'),
    pause: id === null ? null : { id, amr: texts(row, 'amr') },
  }
}

/** What spends the factor: a time step of the app, or one of the codes. */
export type FactorProof =
  | { readonly kind: 'totp'; readonly step: number; readonly resealed: string | null }
  | { readonly kind: 'backup_code'; readonly codeHash: string }
  | { readonly kind: 'sms'; readonly challengeId: string }

/** Spends a factor once: a code of the app for its time step and every earlier one, a backup code for good. */
function spentFactor(userId: string, proof: FactorProof): SQL {
  const isForgiven = sql`failures = 0, failed_at = null, locked_until = null`
  if (proof.kind === 'totp') {
    return sql`factor as (
      update totp_credentials set last_step = ${proof.step}, secret = coalesce(${proof.resealed}, secret), ${isForgiven}
      where user_id = ${userId}::uuid and confirmed_at is not null and last_step < ${proof.step} returning user_id)`
  }
  if (proof.kind === 'sms') {
    return sql`factor as (
      update challenges c set consumed_at = now() from phone_credentials p
      where c.id = ${proof.challengeId}::uuid and c.user_id = ${userId}::uuid and c.purpose = 'phone-factor'
        and c.consumed_at is null and c.expires_at > now()
        and p.user_id = c.user_id and p.phone = c.phone and p.use = 'second-factor' returning c.user_id)`
  }
  return sql`factor as (
      update backup_codes set used_at = now()
      where user_id = ${userId}::uuid and code_hash = ${proof.codeHash} and used_at is null returning user_id),
    forgiven as (update totp_credentials t set ${isForgiven} from factor where t.user_id = factor.user_id)`
}

export interface FactorRows {
  readonly session: NewSession
  readonly audit: AuditRow
  /** The login it completes; null for somebody who is signed in. */
  readonly pauseId: string | null
}

/** The factor, the waiting login and the session in one: of any number of racers with one code exactly one gets a row. */
export function enterByFactor(proof: FactorProof, { session, audit, pauseId }: FactorRows): Statement {
  const spent =
    pauseId === null
      ? sql`spent as (select user_id from factor)`
      : sql`spent as (
          update challenges c set consumed_at = now(), used_ip = ${session.ip}::inet from factor
          where c.id = ${pauseId}::uuid and c.user_id = factor.user_id and c.consumed_at is null and c.expires_at > now()
          returning c.user_id)`
  return sql`with ${spentFactor(session.userId, proof)},
    ${spent},
    allowed as (select u.* from users u join spent on spent.user_id = u.id where u.status = 'active' and u.deleted_at is null),
    opened as (${insertSession(session, sql`allowed`, sql`allowed.id`)} returning id),
    logged as (${insertAuditWhen(sql`opened`, audit)})
    select id, email, email_verified_at is not null as email_verified, name, roles, shard, '{}'::text[] as factor_methods from allowed`
}

/** How a person can be asked to prove who they are, besides by their mailbox. */
export interface Factors {
  readonly hasPassword: boolean
  readonly hasTotp: boolean
  /** By which a login may go on, as programs name them. */
  readonly methods: readonly string[]
  readonly backupCodesLeft: number
}

export function findFactors(userId: string): Statement {
  return sql`select exists (select 1 from password_credentials where user_id = ${userId}::uuid) as has_password,
    exists (select 1 from totp_credentials where user_id = ${userId}::uuid and confirmed_at is not null) as has_totp,
    ${factorMethods(sql`${userId}::uuid`)} as methods,
    (select count(*) from backup_codes where user_id = ${userId}::uuid and used_at is null) as codes_left`
}

export function factorsOf(row: Row): Factors {
  return {
    hasPassword: flag(row, 'has_password'),
    hasTotp: flag(row, 'has_totp'),
    methods: texts(row, 'methods'),
    backupCodesLeft: number(row, 'codes_left'),
  }
}

/** For the `with` lists of enrol-factor.ts: the codes of `owner` are exactly these. */
export function replacedBackupCodes(owner: SQL, hashes: readonly string[]): SQL {
  return sql`gone as (delete from backup_codes b using ${owner} where b.user_id = ${owner}.user_id),
    codes as (
      insert into backup_codes (user_id, code_hash)
      select ${owner}.user_id, hash from ${owner}, unnest(${textArray(hashes)}) hash)`
}
