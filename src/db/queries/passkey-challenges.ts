// Questions to authenticators, and what a right answer leads to.
import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { atMs } from '../values.ts'
import { passkeyKeyColumns } from './passkeys.ts'
import { type SignInRows, entryColumns, openOrPause } from './sign-in.ts'

/**
 * What an answer is good for. `passkey-of-address` is a sign-in that began with an address: only a passkey of that account
 * may answer, and none at all where there is no such account.
 */
export type PasskeyPurpose =
  | 'passkey-sign-in'
  | 'passkey-of-address'
  | 'passkey-second-factor'
  | 'passkey-proof'
  | 'passkey-add'

export interface NewPasskeyChallenge {
  readonly id: string
  readonly purpose: PasskeyPurpose
  /** Of the challenge itself: it comes back inside what is signed. */
  readonly challengeHash: string
  /** Of what only the asking browser has: a cookie, a session or the token of a waiting login. */
  readonly askerHash: string
  readonly ip: string | null
  readonly expiresAtMs: number
}

/** Whose passkeys may answer: anybody's, those of an address, those of a person, or of whoever waits with a token. */
export type Asked =
  | { readonly kind: 'anybody' }
  | { readonly kind: 'address'; readonly email: string }
  | { readonly kind: 'person'; readonly userId: string }
  | { readonly kind: 'waiting'; readonly tokenHash: string }

/**
 * Asks, and returns a row for each passkey that may answer; at least one row if the question was asked. An address nobody
 * has is asked like any other, in one statement: neither the answer nor the time it takes tells.
 */
export function askPasskey(challenge: NewPasskeyChallenge, asked: Asked): Statement {
  return sql`with who as (${whoIs(asked)}),
    asked as (
      insert into challenges (id, purpose, user_id, token_hash, asker_hash, ip, code_expires_at, expires_at)
      select ${challenge.id}::uuid, ${challenge.purpose}, who.id, ${challenge.challengeHash}, ${challenge.askerHash},
        ${challenge.ip}::inet, ${atMs(challenge.expiresAtMs)}, ${atMs(challenge.expiresAtMs)}
      from who returning user_id)
    select p.credential_id, p.transports from asked left join passkeys p on p.user_id = asked.user_id order by p.created_at, p.id`
}

function whoIs(asked: Asked): SQL {
  switch (asked.kind) {
    case 'anybody':
      return sql`select null::uuid as id`
    case 'address':
      return sql`select (select u.id from users u where lower(u.email) = lower(${asked.email}) and u.deleted_at is null) as id`
    case 'person':
      return sql`select ${asked.userId}::uuid as id`
    case 'waiting':
      return sql`select user_id as id from challenges where token_hash = ${asked.tokenHash} and purpose = 'second-factor'
        and consumed_at is null and expires_at > now()`
  }
}

export interface ChallengeAnswer {
  /** Null where what was sent names none: the challenge itself is enough. */
  readonly id: string | null
  readonly purposes: readonly PasskeyPurpose[]
  readonly challengeHash: string
  readonly askerHash: string
  readonly credentialId: string
  readonly ip: string | null
}

/**
 * Spends a challenge before anything is judged: of any number of answers one is looked at. With it comes the passkey that
 * claims to answer, if there is one.
 */
export function spendPasskeyChallenge(answer: ChallengeAnswer): Statement {
  const purposes = sql.join(
    answer.purposes.map((purpose) => sql`${purpose}`),
    sql`, `,
  )
  return sql`with spent as (
      update challenges c set consumed_at = now(), used_ip = ${answer.ip}::inet
      where c.token_hash = ${answer.challengeHash} and c.asker_hash = ${answer.askerHash} and c.purpose in (${purposes})
        and (${answer.id}::uuid is null or c.id = ${answer.id}::uuid) and c.consumed_at is null and c.expires_at > now()
      returning c.purpose, c.user_id)
    select spent.purpose, spent.user_id as asked_user_id, ${passkeyKeyColumns}
    from spent left join passkeys p on p.credential_id = ${answer.credentialId}
      left join passkey_handles h on h.user_id = p.user_id`
}

/** What a signed answer says of the passkey that gave it. */
export interface PasskeyUse {
  readonly passkeyId: string
  readonly counter: number
  readonly isBackedUp: boolean
}

/**
 * The use, the login that waits for it, and the session in one. A counter only ever goes up, unless the authenticator has
 * none and says zero each time: of two answers with one number the second finds nothing.
 */
export function enterByPasskey(use: PasskeyUse, rows: SignInRows, waitingHash: string | null): Statement {
  const spent =
    waitingHash === null
      ? sql`spent as (select user_id from used)`
      : sql`spent as (
          update challenges c set consumed_at = now(), used_ip = ${rows.session.ip}::inet from used
          where c.token_hash = ${waitingHash} and c.purpose = 'second-factor' and c.user_id = used.user_id
            and c.consumed_at is null and c.expires_at > now()
          returning c.user_id)`
  return sql`with used as (
      update passkeys set counter = ${use.counter}::bigint, is_backed_up = ${use.isBackedUp}, last_used_at = now()
      where id = ${use.passkeyId}::uuid and (counter < ${use.counter}::bigint or (counter = 0 and ${use.counter}::bigint = 0))
      returning user_id),
    ${spent},
    allowed as (select u.id from users u join spent on spent.user_id = u.id where u.status = 'active' and u.deleted_at is null),
    ${openOrPause(rows, sql`allowed`, { userId: sql`allowed.id`, taken: null })}
    select ${entryColumns} from users u join entry on entry.user_id = u.id`
}

/** What was proven before by whoever waits for the second factor. */
export function findWaiting(tokenHash: string): Statement {
  return sql`select user_id, amr from challenges
    where token_hash = ${tokenHash} and purpose = 'second-factor' and consumed_at is null and expires_at > now()`
}

/** A row if whoever waits could answer with a passkey. */
export function findWaitingPasskey(tokenHash: string): Statement {
  return sql`select 1 from challenges c where c.token_hash = ${tokenHash} and c.purpose = 'second-factor'
    and c.consumed_at is null and c.expires_at > now() and exists (select 1 from passkeys p where p.user_id = c.user_id)`
}
