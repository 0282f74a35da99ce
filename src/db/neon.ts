// PostgreSQL over Neon's HTTP protocol. There are no interactive transactions: a change is one guarded statement.
import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import { PgDialect } from 'drizzle-orm/pg-core'
import { type Bounds, type BoundsSettings, createBounds, defaultBounds } from './bounds.ts'
import {
  type Database,
  DatabaseFault,
  DatabaseUnavailable,
  type Queries,
  type Row,
  type Statement,
} from './database.ts'
import { type WaitBudget, spend } from './wait-budget.ts'

/** SQLSTATE classes that say the server is not there or not well: 08 connection, 53 resources, 57P operator intervention. */
const unwellStates = /^(?:08|53|57P|XX)/

export interface NeonSettings {
  readonly databaseUrl: string
  readonly endpoint: string | undefined
  readonly bounds?: BoundsSettings
}

// The bounds are those of an isolate, whoever opens a database in it.
let bounds: Bounds | undefined

const dialect = new PgDialect()

export function createNeonDatabase(settings: NeonSettings): Database {
  const boundary = (bounds ??= createBounds(settings.bounds ?? defaultBounds))
  const endpoint = settings.endpoint
  // The driver takes this for all of its clients at once; there is one database.
  if (endpoint !== undefined) neonConfig.fetchEndpoint = () => endpoint
  const client = neon(settings.databaseUrl)

  /** A statement that the database refuses was answered: only what is no answer counts against the database. */
  async function ask(statement: Statement, signal: AbortSignal): Promise<readonly Row[] | DatabaseFault> {
    const { sql: text, params } = dialect.sqlToQuery(statement)
    try {
      const { rows } = await client.query(text, params, { fullResults: true, fetchOptions: { signal } })
      return rows
    } catch (error) {
      const known = withoutValues(error)
      if (known instanceof DatabaseFault) return known
      throw known
    }
  }

  async function execute(statement: Statement, budget: WaitBudget | null): Promise<readonly Row[]> {
    const answer = await boundary.around((signal) => ask(statement, signal), budget)
    if (answer instanceof DatabaseFault) throw answer
    return answer
  }

  // One more try after a short random wait, and none once the breaker is open: at most one extra query per request.
  async function executeTwice(statement: Statement, budget: WaitBudget | null): Promise<readonly Row[]> {
    try {
      return await execute(statement, budget)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || error.reason !== 'unreachable') throw error
      if (!boundary.takeRetry()) throw error
      const pauseMs = 20 + Math.random() * 80
      if (budget !== null) spend(budget, pauseMs)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      return execute(statement, budget)
    }
  }

  async function change(statement: Statement, budget: WaitBudget | null): Promise<readonly Row[]> {
    const rows = await execute(statement, budget)
    if (budget !== null && rows.length > 0) budget.hasChanged = true
    return rows
  }

  const within = (budget: WaitBudget | null): Queries => ({
    read: (statement) => executeTwice(statement, budget),
    write: (statement) => change(statement, budget),
    writeIdempotent: (statement) => executeTwice(statement, budget),
  })
  return { ...within(null), within, health: () => boundary.health() }
}

/** The driver's errors may quote statement and parameters, which may be secrets: only their class goes on. */
function withoutValues(error: unknown): DatabaseFault | DatabaseUnavailable {
  if (!(error instanceof NeonDbError) || error.code === undefined) return new DatabaseUnavailable('unreachable')
  const isUnwell = unwellStates.test(error.code)
  return isUnwell ? new DatabaseUnavailable('unreachable') : new DatabaseFault(error.code, error.constraint)
}
