// A PostgreSQL server of one test file, for tests that stop the database under a running gateway.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../tools/dev/migrate.ts'
import { createDatabase, startPostgres } from '../../tools/dev/postgres.ts'

export interface OwnDatabase {
  readonly url: string
  /** Hard, as a crash would: no connection is closed in order. */
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startOwnDatabase(): Promise<OwnDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-database-'))
  // The server runs as another user when the tests run as root, and has to get in.
  chmodSync(folder, 0o755)
  const postgres = await startPostgres({ dataDir: join(folder, 'data'), fsync: false })
  const url = await createDatabase(postgres.adminUrl, 'own')
  await migrate(url)
  return {
    url,
    kill: () => postgres.kill(),
    restart: () => postgres.restart(),
    async stop() {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
