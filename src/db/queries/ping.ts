import { sql } from 'drizzle-orm'
import type { Statement } from '../database.ts'

/** The least that only a working database can answer. */
export function ping(): Statement {
  return sql`select 1`
}
