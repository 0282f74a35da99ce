import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Postgres, startPostgres } from '../../../tools/dev/postgres.ts'

/** A real PostgreSQL of its own for one test file. */
export const testPostgres = async (): Promise<Postgres & { remove(): Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-test-'))
  // The server runs as another user when the tests run as root, and has to get in.
  chmodSync(folder, 0o755)
  const postgres = await startPostgres({ dataDir: join(folder, 'data'), fsync: false })
  return {
    ...postgres,
    remove: async () => {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
