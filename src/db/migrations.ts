// The schema this worker is written for, by the names of the files that make it; a test holds the list to the folder. Whether
// they were applied is asked by `/readyz` alone: requests find out by what they ask for.
import { DatabaseFault } from './database.ts'

export const migrationNames: readonly string[] = [
  '0001_foundation.sql',
  '0002_external_users.sql',
  '0003_tokens.sql',
  '0004_factors.sql',
  '0005_passkeys.sql',
  '0006_phones.sql',
  '0007_sign_in_attempts.sql',
  '0009_shared_secret_days.sql',
  '0010_login_habits.sql',
  '0012_deleted_accounts.sql',
  '0014_session_places.sql',
]

/** SQLSTATE of a column and of a table that are not there. */
const missing = /^(?:42703|42P01)$/
const missingInText = /^database fault (?:42703|42P01)\b/

/** Also of a fault that comes from an object, which has lost its class on the way. */
export function isSchemaBehind(error: unknown): boolean {
  if (error instanceof DatabaseFault) return missing.test(error.sqlState)
  return error instanceof Error && missingInText.test(error.message)
}
