// How people usually sign in: one row a person, replaced by each sign-in.
import { type SQL, sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'
import { type ChallengeKey, isKeyed } from './challenges.ts'

/** Whose habits: by an address or number that was typed, by the mail that somebody answers, or by id. */
export type HabitsOf =
  | { readonly email: string }
  | { readonly phone: string }
  | { readonly challenge: ChallengeKey }
  | { readonly userId: string }

/** `email` and `habits`, which may be null; no row where there is nobody. */
export function findHabits(who: HabitsOf): Statement {
  return sql`select u.email, h.habits from users u left join login_habits h on h.user_id = u.id
    where u.deleted_at is null and ${isWho(who)} limit 1`
}

function isWho(who: HabitsOf): SQL {
  if ('email' in who) return sql`lower(u.email) = lower(${who.email})`
  if ('phone' in who)
    return sql`u.id = (select p.user_id from phone_credentials p where p.phone = ${who.phone} and p.use = 'sign-in')`
  if ('userId' in who) return sql`u.id = ${who.userId}::uuid`
  return sql`u.id = (select c.user_id from challenges c where ${isKeyed(who.challenge)})`
}

/** Of two sign-ins at once the later is remembered. */
export function keepHabits(userId: string, habits: object): Statement {
  return sql`insert into login_habits (user_id, habits)
    select id, ${JSON.stringify(habits)}::jsonb from users where id = ${userId}::uuid
    on conflict (user_id) do update set habits = excluded.habits, updated_at = now()`
}

/** One bounded batch of the daily clean-up. */
export function deleteOldHabits(keepDays: number, limit: number): Statement {
  return sql`delete from login_habits where user_id in (
      select user_id from login_habits where updated_at < now() - make_interval(days => ${keepDays}::int) limit ${limit})
    returning user_id`
}
