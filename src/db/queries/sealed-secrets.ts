// Secrets of authenticator apps by the key that sealed them: those of another key than the one in force, and their successors.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { text } from '../values.ts'

export interface SealedSecret {
  readonly userId: string
  readonly sealed: string
}

/** In the order of the people, after one of them; `mark` is what a text of the key in force begins with. */
export function findSealedOtherwise(mark: string, after: string, limit: number): Statement {
  return sql`select user_id, secret from totp_credentials
    where user_id > ${after}::uuid and not starts_with(secret, ${mark}) order by user_id limit ${limit}`
}

export function sealedSecret(row: Row): SealedSecret {
  return { userId: text(row, 'user_id'), sealed: text(row, 'secret') }
}

/** What was replaced meanwhile is left as it is. */
export function replaceSealed(changes: readonly (SealedSecret & { readonly resealed: string })[]): Statement {
  return sql`update totp_credentials t set secret = r->>'resealed'
    from jsonb_array_elements(${JSON.stringify(changes)}::jsonb) r
    where t.user_id = (r->>'userId')::uuid and t.secret = r->>'sealed' returning t.user_id`
}

export function countSealedOtherwise(mark: string): Statement {
  return sql`select count(*)::int as left_over from totp_credentials where not starts_with(secret, ${mark})`
}
