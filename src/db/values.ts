// Typed reading of rows: a column of another type is a fault of ours and must not travel on as `undefined`.
import { type SQL, sql } from 'drizzle-orm'
import type { Row } from './database.ts'

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`column ${column} is not text`)
  return value
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

export function number(row: Row, column: string): number {
  const value = typeof row[column] === 'string' ? Number(row[column]) : row[column]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`column ${column} is not a number`)
  return value
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column)
}

export function flag(row: Row, column: string): boolean {
  return row[column] === true
}

export function texts(row: Row, column: string): readonly string[] {
  const value = row[column]
  if (!Array.isArray(value)) throw new TypeError(`column ${column} is not a list`)
  return value.map(String)
}

/** A time column as milliseconds since the epoch. */
export function asMs(column: SQL): SQL {
  return sql`(extract(epoch from ${column}) * 1000)::float8`
}

/** A time parameter. */
export function atMs(ms: number): SQL {
  return sql`${new Date(ms).toISOString()}::timestamptz`
}

/** A list parameter: drizzle would spread a plain array into several. */
export function textArray(values: readonly string[]): SQL {
  return sql`(select coalesce(array_agg(value), '{}') from jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`
}
