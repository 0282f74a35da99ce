import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { number, textArray } from '../values.ts'

/** What only a working database can answer: how many of these migrations it has not seen. */
export function countMissingMigrations(names: readonly string[]): Statement {
  return sql`select count(*)::integer as missing from unnest(${textArray(names)}) as n (name)
    where not exists (select 1 from portcullis_migrations m where m.name = n.name)`
}

export function missingMigrations(row: Row | undefined): number {
  return row === undefined ? 0 : number(row, 'missing')
}
