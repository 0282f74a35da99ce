// Where people were when they signed in. A table of its own, as no sign-in may hang on it.
import { sql } from 'drizzle-orm'
import type { Row, Statement } from '../database.ts'
import { text, textArray, textOrNull } from '../values.ts'

/** By what the platform said. */
export interface SessionPlace {
  /** ISO 3166-1 alpha-2, or Tor's `T1`. */
  readonly country: string
  readonly city: string | null
}

/** Of the sign-in: later sightings do not change it. */
export function keepPlace(sessionId: string, { country, city }: SessionPlace): Statement {
  return sql`insert into session_places (session_id, country, city)
    select id, ${country}, ${city} from sessions where id = ${sessionId}::uuid
    on conflict (session_id) do nothing`
}

/** An application's session began where that of the browser did. */
export function findPlaces(sessionIds: readonly string[]): Statement {
  return sql`select s.id, p.country, p.city
    from sessions s join session_places p on p.session_id = coalesce(s.parent_id, s.id)
    where s.id = any(${textArray(sessionIds)}::uuid[])`
}

/** By the ids of their sessions. */
export function sessionPlaces(rows: readonly Row[]): ReadonlyMap<string, SessionPlace> {
  return new Map(
    rows.map((row) => [text(row, 'id'), { country: text(row, 'country'), city: textOrNull(row, 'city') }] as const),
  )
}
