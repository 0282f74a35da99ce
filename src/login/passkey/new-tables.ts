import { isMissingTable } from '../../db/missing-tables.ts'
import { unavailable } from '../../errors.ts'

/** 503 while the tables of passkeys are not there yet, and not 500: it will pass, and everything else works. */
export async function inNewTables<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask()
  } catch (error) {
    if (isMissingTable(error)) throw unavailable('the schema has no passkeys yet', error)
    throw error
  }
}
