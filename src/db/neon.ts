// PostgreSQL over Neon's HTTP protocol. There are no interactive transactions: a change is one guarded statement.
import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import { drizzle } from 'drizzle-orm/neon-http'
import { type Bounds, type BoundsSettings, createBounds, defaultBounds } from './bounds.ts'
import { type Database, DatabaseFault, DatabaseUnavailable, type Row, type Statement } from './database.ts'

/** SQLSTATE classes that say the server is not there or not well: 08 connection, 53 resources, 57P operator intervention. */
const unwellStates = /^(?:08|53|57P|XX)/

export interface NeonSettings {
  readonly databaseUrl: string
  readonly endpoint: string | undefined
  readonly bounds?: BoundsSettings
}

// The driver is configured by a module-level object, so everything that bounds it is set once per isolate too.
let bounds: Bounds | undefined

export function createNeonDatabase(settings: NeonSettings): Database {
  const boundary = (bounds ??= createBounds(settings.bounds ?? defaultBounds))
  const endpoint = settings.endpoint
  if (endpoint !== undefined) neonConfig.fetchEndpoint = () => endpoint
  neonConfig.fetchFunction = (url: string, init: RequestInit) => boundedFetch(boundary, url, init)
  const query = drizzle(neon(settings.databaseUrl))

  async function execute(statement: Statement): Promise<readonly Row[]> {
    try {
      return (await query.execute(statement)).rows
    } catch (error) {
      throw withoutValues(error)
    }
  }

  // One more try after a short random wait, and none once the breaker is open: at most one extra query per request.
  async function executeTwice(statement: Statement): Promise<readonly Row[]> {
    try {
      return await execute(statement)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || error.reason !== 'unreachable') throw error
      if (!boundary.takeRetry()) throw error
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80))
      return execute(statement)
    }
  }

  return { read: executeTwice, write: execute, writeIdempotent: executeTwice, health: () => boundary.health() }
}

async function boundedFetch(boundary: Bounds, url: string, init: RequestInit): Promise<Response> {
  return boundary.around(async (signal) => {
    const response = await fetch(url, { ...init, signal })
    // Read inside the bound: a database that answers headers and then hangs is as hung as any.
    const body = await response.text()
    if (response.status >= 500) throw new DatabaseUnavailable('unreachable')
    if (!response.ok && unwellStates.test(stateOf(body))) throw new DatabaseUnavailable('unreachable')
    return new Response(body, { status: response.status, headers: response.headers })
  })
}

function stateOf(body: string): string {
  return /"code":"([0-9A-Z]{5})"/.exec(body)?.[1] ?? ''
}

/** Drizzle's and the driver's errors quote statement and parameters, which may be secrets: only their class goes on. */
function withoutValues(error: unknown): Error {
  for (let cause = error; cause instanceof Error; cause = nextCause(cause)) {
    if (cause instanceof DatabaseUnavailable) return cause
    if (cause instanceof NeonDbError && cause.code !== undefined) return new DatabaseFault(cause.code, cause.constraint)
  }
  return new DatabaseUnavailable('unreachable')
}

function nextCause(error: Error): unknown {
  return error instanceof NeonDbError ? (error.sourceError ?? error.cause) : error.cause
}
