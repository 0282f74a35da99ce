// The port to PostgreSQL: what the rest of the worker may expect of it. The adapter is neon.ts.
import type { SQL } from 'drizzle-orm'
import type { WaitBudget } from './wait-budget.ts'

/** A statement that one round trip carries out. Rows come back as JSON-like values; times as numbers of milliseconds. */
export type Statement = SQL

export type Row = Readonly<Record<string, unknown>>

export interface Queries {
  /** Asks; may be asked again when the answer got lost, so it must change nothing. */
  read(statement: Statement): Promise<readonly Row[]>
  /** One guarded statement. Never repeated on its own: whether it took effect may be unknown when it throws. */
  write(statement: Statement): Promise<readonly Row[]>
  /** Like `write`, for statements whose repetition has no further effect (`on conflict do nothing`, guarded by id). */
  writeIdempotent(statement: Statement): Promise<readonly Row[]>
}

/** Asked on its own, each query waits for its own bound; that is for work nobody waits for. */
export interface Database extends Queries {
  /** The same for work that somebody waits for: the waits add up, and end when the budget is spent. */
  within(budget: WaitBudget): Queries
  /** Whether the breaker is closed, without asking the database. */
  health(): DatabaseHealth
}

export interface DatabaseHealth {
  readonly state: 'closed' | 'open' | 'half-open'
  readonly inFlight: number
  readonly queries: number
  readonly failures: number
  readonly totalMs: number
}

/** The database cannot be asked now; nothing is known about the answer. A fault, answered as 503. */
export class DatabaseUnavailable extends Error {
  readonly reason: 'timeout' | 'unreachable' | 'breaker-open' | 'queue-full' | 'budget-spent'

  constructor(reason: DatabaseUnavailable['reason']) {
    super(`database ${reason}`)
    this.name = 'DatabaseUnavailable'
    this.reason = reason
  }
}

/** The database refused a statement. Carries SQLSTATE and constraint only: messages of PostgreSQL quote values. */
export class DatabaseFault extends Error {
  readonly sqlState: string
  readonly constraint: string | undefined

  constructor(sqlState: string, constraint: string | undefined) {
    super(`database fault ${sqlState}${constraint === undefined ? '' : ` (${constraint})`}`)
    this.name = 'DatabaseFault'
    this.sqlState = sqlState
    this.constraint = constraint
  }
}
