import { type SQL, sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { atMs, flag, text } from '../values.ts'
import { type AskedAudits, insertAuditOfAsking } from './audit-events.ts'

/** What an answer is good for; one of another purpose is no answer. */
export type ChallengePurpose = 'verify-email' | 'reset-password' | 'magic-link'

/** Whoever asked, as they are known again when they answer. */
export interface Asker {
  /** Null for a program that keeps no cookie. */
  readonly browserHash: string | null
  readonly ip: string | null
}

export interface NewChallenge {
  readonly id: string
  readonly purpose: ChallengePurpose
  readonly tokenHash: string
  readonly codeHash: string
  /** Of a password that the asker has chosen or shown to know; in force once the mailbox is proven, if it is them who prove it. */
  readonly passwordHash: string | null
  readonly asker: Asker
  readonly returnTo: string | null
  readonly codeExpiresAtMs: number
  readonly expiresAtMs: number
}

export function insertChallenge(challenge: NewChallenge, from: SQL, userId: SQL): SQL {
  return insertAsked(challenge, sql`${challenge.passwordHash}::text`, { from, userId })
}

function insertAsked(
  challenge: NewChallenge,
  passwordHash: SQL,
  of: { readonly from: SQL; readonly userId: SQL },
): SQL {
  const { browserHash, ip } = challenge.asker
  return sql`insert into challenges (id, purpose, user_id, token_hash, code_hash, password_hash, browser_hash, return_to, ip,
      code_expires_at, expires_at)
    select ${challenge.id}::uuid, ${challenge.purpose}, ${of.userId}, ${challenge.tokenHash}, ${challenge.codeHash},
      ${passwordHash}, ${browserHash}, ${challenge.returnTo}, ${ip}::inet, ${atMs(challenge.codeExpiresAtMs)}, ${atMs(challenge.expiresAtMs)}
    from ${of.from}`
}

export interface Asking {
  readonly maxPerHour: number
  readonly audits: AskedAudits
}

const ownerOf = (email: string): SQL =>
  sql`(select u.id from users u where lower(u.email) = lower(${email}) and u.deleted_at is null)`

/**
 * Asks an unconfirmed address again, at most `maxPerHour` times an hour. What goes with the question is the password of this
 * asker's own sign-up: not of the newest one, which may be a stranger's. Returns one row if it did.
 */
export function repeatChallenge(email: string, challenge: NewChallenge, { maxPerHour, audits }: Asking): Statement {
  const who = sql`(select u.id,
        (select c.password_hash from challenges c
          where c.user_id = u.id and c.purpose = ${challenge.purpose} and ${isAskedBy(challenge.asker)}
          order by c.created_at desc limit 1) as hash
      from users u where lower(u.email) = lower(${email}) and u.deleted_at is null and u.email_verified_at is null
        and (select count(*) from challenges c where c.user_id = u.id and c.purpose = ${challenge.purpose}
          and c.created_at > now() - interval '1 hour') < ${maxPerHour}) who`
  return sql`with asked as (${insertAsked(challenge, sql`who.hash`, { from: who, userId: sql`who.id` })} returning id, user_id),
    ${insertAuditOfAsking(audits, ownerOf(email))}
    select id from asked`
}

/** Asks the mailbox of an account, if there is one, at most `maxPerHour` times an hour. Returns one row if it did. */
export function askByMail(email: string, challenge: NewChallenge, { maxPerHour, audits }: Asking): Statement {
  const who = sql`(select u.id from users u
      where lower(u.email) = lower(${email}) and u.deleted_at is null and u.status = 'active'
        and (select count(*) from challenges c where c.user_id = u.id and c.purpose = ${challenge.purpose}
          and c.created_at > now() - interval '1 hour') < ${maxPerHour}) who`
  return sql`with asked as (${insertChallenge(challenge, who, sql`who.id`)} returning id, user_id),
    ${insertAuditOfAsking(audits, ownerOf(email))}
    select id from asked`
}

/**
 * The condition that challenge `c` was asked for by whoever is here: in the same browser, or, between two requests of programs
 * without cookies, from the same address. It decides whose password counts, so an unknown browser is nobody's.
 */
export function isAskedBy({ browserHash, ip }: Asker): SQL {
  return browserHash === null
    ? sql`(c.browser_hash is null and c.ip is not distinct from ${ip}::inet)`
    : sql`c.browser_hash is not distinct from ${browserHash}`
}

/**
 * The newest question that whoever is here can answer by its code. Another browser's is none of theirs: nobody uses up the
 * tries of somebody else, or hides a code by asking for one more. Programs without a cookie cannot be told apart.
 */
export function newestAsked(which: SQL, purpose: string, browserHash: string | null): SQL {
  return sql`select c.id from challenges c where ${which} and c.purpose = ${purpose}
    and (c.browser_hash is null or c.browser_hash = ${browserHash})
    order by c.browser_hash is null, c.created_at desc limit 1`
}

export interface CodeAttempt {
  readonly purpose: ChallengePurpose
  readonly browserHash: string | null
  readonly maxAttempts: number
}

/**
 * Counts an attempt at the open code of an address, before anything is compared: whoever loses a race against the counter
 * finds no challenge. Returns its id and code hash while tries are left.
 */
export function countCodeAttempt(email: string, { purpose, browserHash, maxAttempts }: CodeAttempt): Statement {
  const which = sql`c.user_id = ${ownerOf(email)}`
  return sql`update challenges set attempts = attempts + 1
    where id = (${newestAsked(which, purpose, browserHash)})
      and consumed_at is null and code_expires_at > now() and attempts < ${maxAttempts}
    returning id, code_hash`
}

export type ChallengeKey = { readonly tokenHash: string } | { readonly id: string }

/** The condition that a challenge `c` is the one meant. */
export function isKeyed(key: ChallengeKey): SQL {
  return 'id' in key ? sql`c.id = ${key.id}::uuid` : sql`c.token_hash = ${key.tokenHash}`
}

/** An open question, to whoever holds its key. */
export interface OpenQuestion {
  readonly email: string
  /** By whoever is here. */
  readonly isOwn: boolean
  /** Whether a password of theirs waits for the answer. */
  readonly hasOwnPassword: boolean
}

/** While it could be spent. */
export function findQuestion(key: ChallengeKey, purpose: ChallengePurpose, asker: Asker): Statement {
  return sql`select u.email, ${isAskedBy(asker)} as is_own, c.password_hash is not null as has_password
    from challenges c join users u on u.id = c.user_id
    where ${isKeyed(key)} and c.purpose = ${purpose} and c.consumed_at is null and c.expires_at > now()
      and u.status = 'active' and u.deleted_at is null`
}

export function openQuestion(row: Row): OpenQuestion {
  const isOwn = flag(row, 'is_own')
  return { email: text(row, 'email'), isOwn, hasOwnPassword: isOwn && flag(row, 'has_password') }
}

/**
 * Takes a question for two seconds, without spending it: hashing is dear, and however many send one link with a new password
 * at once, one of them gets to hash. Whoever fails after that has lost nothing but those seconds.
 */
export function claimQuestion(key: ChallengeKey, purpose: ChallengePurpose): Statement {
  return sql`update challenges c set claimed_until = now() + interval '2 seconds'
    where ${isKeyed(key)} and c.purpose = ${purpose} and c.consumed_at is null and c.expires_at > now()
      and (c.claimed_until is null or c.claimed_until < now())
    returning c.id`
}

/** One bounded batch of the daily clean-up. */
export function deleteOldChallenges(limit: number): Statement {
  return sql`delete from challenges where id in (select id from challenges where expires_at < now() - interval '1 day' limit ${limit}) returning id`
}
