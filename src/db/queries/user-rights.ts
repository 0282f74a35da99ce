import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'

/** What decides what somebody may do. */
export function findUserRights(userId: string): Statement {
  return sql`select roles, status = 'active' as is_active from users where id = ${userId}::uuid and deleted_at is null`
}
