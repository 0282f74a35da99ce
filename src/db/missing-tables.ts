// For the moment between a new worker and the schema that belongs to it: what a table that is not there yet means.
import { DatabaseFault, type Row } from './database.ts'

/** SQLSTATE: undefined_table, undefined_column. */
const missing = new Set(['42P01', '42703'])

export function isMissingTable(error: unknown): boolean {
  return error instanceof DatabaseFault && missing.has(error.sqlState)
}

/** For what is shown or offered beside other things: without the tables nobody has one. */
export async function orNone(ask: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await ask()
  } catch (error) {
    if (isMissingTable(error)) return []
    throw error
  }
}
