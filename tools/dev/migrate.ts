import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { inProject, shownPath } from './project.ts'
import { reason } from './reason.ts'

type Migration = { name: string; path: string; sql: string; sha256: string }

type Options = { log?: ((line: string) => void) | undefined; directory?: string | undefined }

// Any fixed number will do; it only has to be the same for all who migrate, and not used for anything else.
const lockKey = '7308908203651919469'

const readMigrations = (directory: string): Migration[] => {
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.sql')) : []
  if (names.length === 0) throw new Error(`There is no .sql file in ${shownPath(directory)}/.`)
  return names.toSorted().map((name) => {
    const path = join(directory, name)
    const sql = readFileSync(path, 'utf8')
    // A checkout on Windows may change the line ends, which changes nothing in the database.
    return { name, path, sql, sha256: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex') }
  })
}

const connectTo = async (databaseUrl: string): Promise<pg.Client> => {
  let where: string
  try {
    const url = new URL(databaseUrl)
    where = `${url.host}${url.pathname}`
  } catch {
    throw new Error('DATABASE_URL is not a connection string like postgres://user:password@host/database.')
  }
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 15_000 })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new Error(`The database ${where} cannot be reached: ${reason(error)}.`, { cause: error })
  }
  return client
}

/**
 * The lock belongs to the transaction, not to the session: a pooled connection, as Neon offers, may give every
 * transaction another session. Whoever waited for it looks again at what has been applied.
 */
const locked = async <T>(client: pg.Client, work: () => Promise<T>): Promise<T> => {
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [lockKey])
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

const apply = (client: pg.Client, { name, path, sql, sha256 }: Migration): Promise<boolean> =>
  locked(client, async () => {
    const applied = await client.query<{ sha256: string }>('select sha256 from portcullis_migrations where name = $1', [
      name,
    ])
    const before = applied.rows[0]?.sha256
    if (before === sha256) return false
    if (before !== undefined) {
      throw new Error(
        `${shownPath(path)} was changed after it had been applied; undo the change and add a new migration.`,
      )
    }
    try {
      await client.query(sql)
    } catch (error) {
      throw new Error(`${shownPath(path)} failed and was rolled back: ${reason(error)}.`, { cause: error })
    }
    await client.query('insert into portcullis_migrations (name, sha256, applied_at) values ($1, $2, now())', [
      name,
      sha256,
    ])
    return true
  })

/** Applies what is missing, in the order of the names, and returns the names of what it applied. */
export const migrate = async (databaseUrl: string, options: Options = {}): Promise<string[]> => {
  const migrations = readMigrations(options.directory ?? inProject('migrations'))
  const client = await connectTo(databaseUrl)
  try {
    await locked(client, () =>
      client.query(
        'create table if not exists portcullis_migrations (name text primary key, sha256 text not null, applied_at timestamptz not null)',
      ),
    )
    const done: string[] = []
    for (const migration of migrations) {
      if (!(await apply(client, migration))) continue
      options.log?.(`applied ${migration.name}`)
      done.push(migration.name)
    }
    return done
  } finally {
    await client.end().catch(() => {})
  }
}
