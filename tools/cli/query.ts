// One statement of the worker's, asked by a command.
import { PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import type { Row, Statement } from '../../src/db/database.ts'

const dialect = new PgDialect()

export async function query(databaseUrl: string, statement: Statement): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { sql: text, params } = dialect.sqlToQuery(statement)
    return (await client.query(text, params)).rows as Row[]
  } finally {
    await client.end()
  }
}
