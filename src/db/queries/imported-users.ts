// People the site knew before, and their passwords: made here once, with their audit row, or left as they are.
import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { type AuditRow, insertAuditWhen } from './audit-events.ts'
import { type NewChallenge, insertChallenge } from './challenges.ts'

export interface ImportedUser {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly shard: string
  readonly passwordHash: string
}

/**
 * Nobody who is here already is changed, and nobody who was deleted comes back this way. `asked` is the question whether
 * the mailbox is theirs, where the site's word is not enough for that. Returns a row if the user was made.
 */
export function importUser(user: ImportedUser, asked: NewChallenge | null, audit: AuditRow): Statement {
  const question = asked === null ? sql`` : sql`asked as (${insertChallenge(asked, sql`created`, sql`created.id`)}),`
  return sql`with created as (
      insert into users (id, email, email_verified_at, name, shard)
      select ${user.id}::uuid, ${user.email}, case when ${user.emailVerified}::boolean then now() end, ${user.name}::text, ${user.shard}
      where not exists (select 1 from users where lower(email) = lower(${user.email}))
      on conflict do nothing returning id),
    known as (
      insert into identities (id, user_id, subject)
      select ${user.id}::uuid, id, 'email:' || lower(${user.email}) from created
      on conflict (subject) do update set user_id = excluded.user_id),
    credential as (insert into password_credentials (user_id, hash) select id, ${user.passwordHash} from created),
    ${question}
    logged as (${insertAuditWhen(sql`created`, audit)})
    select id from created`
}

/** For somebody who is here without a password. */
export function importPassword(userId: string, passwordHash: string, audit: AuditRow): Statement {
  return sql`with credential as (
      insert into password_credentials (user_id, hash)
      select id, ${passwordHash} from users
      where id = ${userId}::uuid and status = 'active' and deleted_at is null and email_verified_at is not null
      on conflict (user_id) do nothing returning user_id),
    logged as (${insertAuditWhen(sql`credential`, audit)})
    select user_id from credential`
}
