import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import pg from 'pg'
import { reason } from './reason.ts'

export type NeonEndpoint = { url: string; stop(): Promise<void> }

type Statement = { query: string; params: unknown[] }
type Style = { rawText: boolean; arrayMode: boolean }

const errorFields = [
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
] as const

class Refused extends Error {}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const statement = (value: unknown): Statement => {
  if (!isRecord(value) || typeof value['query'] !== 'string') throw new Refused('query must be a string')
  const params = value['params'] ?? []
  if (!Array.isArray(params)) throw new Refused('params must be a list')
  return { query: value['query'], params }
}

const isolationLevels: Record<string, string> = {
  ReadUncommitted: 'read uncommitted',
  ReadCommitted: 'read committed',
  RepeatableRead: 'repeatable read',
  Serializable: 'serializable',
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

const beginning = (request: IncomingMessage): string => {
  const parts = ['begin']
  const level = header(request, 'neon-batch-isolation-level')
  if (level !== undefined) {
    const sql = isolationLevels[level]
    if (sql === undefined) throw new Refused('neon-batch-isolation-level is unknown')
    parts.push(`isolation level ${sql}`)
  }
  if (header(request, 'neon-batch-read-only') === 'true') parts.push('read only')
  if (header(request, 'neon-batch-deferrable') === 'true') parts.push('deferrable')
  return parts.join(' ')
}

const jsonTypes = new Set([16, 20, 21, 23, 26, 114, 700, 701, 3802])

/** Without the raw form, Neon turns what JSON can express into JSON and leaves the rest as PostgreSQL's text. */
const jsonValue = (text: string | null, type: number): unknown => {
  if (text === null || !jsonTypes.has(type)) return text
  if (type === 16) return text === 't'
  if (type === 114 || type === 3802) return JSON.parse(text)
  const number = Number(text)
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text
}

const asText = { getTypeParser: () => (value: string) => value }

const execute = async (client: pg.PoolClient, { query, params }: Statement, style: Style): Promise<object> => {
  // The extended protocol takes one statement only, and so does Neon: a query that smuggles in a second one must fail
  // here too.
  const config = { text: query, values: params, rowMode: 'array' as const, types: asText, queryMode: 'extended' }
  const result = await client.query<(string | null)[]>(config)
  const rows = result.rows.map((row) => {
    const values = style.rawText ? row : row.map((value, i) => jsonValue(value, result.fields[i]?.dataTypeID ?? 0))
    return style.arrayMode ? values : Object.fromEntries(values.map((value, i) => [result.fields[i]?.name, value]))
  })
  const fields = result.fields.map(
    ({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format }) => ({
      name,
      tableID,
      columnID,
      dataTypeID,
      dataTypeSize,
      dataTypeModifier,
      format,
    }),
  )
  return { command: result.command, rowCount: result.rowCount, rowAsArray: style.arrayMode, fields, rows }
}

const inTransaction = async (
  client: pg.PoolClient,
  begin: string,
  statements: Statement[],
  style: Style,
): Promise<object> => {
  await client.query(begin)
  try {
    const results = []
    for (const one of statements) results.push(await execute(client, one, style))
    await client.query('commit')
    return { results }
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/**
 * Errors that the database itself reports about the query, as opposed to a database that is not there or going away.
 */
const isAnswer = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && error.code !== undefined && !/^(08|57P0|53300)/.test(error.code)

const describe = (error: pg.DatabaseError): Record<string, string> => {
  const body: Record<string, string> = { message: error.message }
  for (const field of errorFields) {
    const value = error[field]
    if (value !== undefined) body[field] = value
  }
  return body
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new Refused('the body is not JSON')
  }
}

const send = (response: ServerResponse, status: number, body: object): void => {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const perDatabase = 20

/**
 * The HTTP protocol of Neon's serverless driver in front of any PostgreSQL, so that development and tests run the very
 * driver that production does. A pool is kept for each connection string.
 */
export const startNeonEndpoint = async (
  options: { port?: number | undefined; host?: string | undefined } = {},
): Promise<NeonEndpoint> => {
  const host = options.host ?? '127.0.0.1'
  const pools = new Map<string, pg.Pool>()

  const poolOf = (connectionString: string): pg.Pool => {
    const known = pools.get(connectionString)
    if (known) return known
    const pool = new pg.Pool({
      connectionString,
      max: perDatabase,
      connectionTimeoutMillis: 800,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    })
    // A database that stops ends idle connections: the pool drops them, and without a listener the process would end
    // too.
    pool.on('error', () => {})
    pools.set(connectionString, pool)
    return pool
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST' || request.url?.split('?')[0] !== '/sql') {
      send(response, 404, { message: 'POST /sql is all there is' })
      return
    }
    const connectionString = header(request, 'neon-connection-string')
    if (connectionString === undefined || !/^postgres(ql)?:\/\//.test(connectionString)) {
      throw new Refused('the header neon-connection-string is missing or not a connection string')
    }
    const body = await readBody(request)
    if (!isRecord(body)) throw new Refused('the body must be an object')
    const style = {
      rawText: header(request, 'neon-raw-text-output') === 'true',
      arrayMode: header(request, 'neon-array-mode') === 'true',
    }
    const batch = body['queries'] === undefined ? undefined : body['queries']
    if (batch !== undefined && !Array.isArray(batch)) throw new Refused('queries must be a list')
    const statements = batch === undefined ? [statement(body)] : batch.map(statement)
    const begin = beginning(request)

    const client = await poolOf(connectionString).connect()
    let released = false
    const release = (broken: boolean): void => {
      if (released) return
      released = true
      client.release(broken)
    }
    // A broken connection raises 'error' on a client that is out, too.
    client.on('error', ignore)
    // Whoever gave up must not keep one of the connections; ending it makes PostgreSQL end the statement.
    const gaveUp = (): void => {
      if (!response.writableFinished) release(true)
    }
    response.once('close', gaveUp)
    if (response.destroyed) gaveUp()
    if (released) return
    try {
      const first = statements[0]
      if (batch === undefined && first !== undefined) send(response, 200, await execute(client, first, style))
      else send(response, 200, await inTransaction(client, begin, statements, style))
      client.off('error', ignore)
      release(false)
    } catch (error) {
      const usable = isAnswer(error)
      if (usable) client.off('error', ignore)
      release(!usable)
      throw error
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (isAnswer(error)) send(response, 400, describe(error))
      else if (error instanceof Refused) send(response, 400, { message: error.message })
      else send(response, 500, { message: `The database cannot be reached: ${reason(error)}` })
    })
  })
  // workerd keeps idle connections longer than Node's default of 5 s, and must not write into one that is being closed.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    url: `http://${host}:${port}/sql`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      await Promise.all([...pools.values()].map((pool) => pool.end()))
    },
  }
}

const ignore = (): void => {}
