import { join } from 'node:path'
import type { Lifetime } from './lifetime.ts'
import { migrate } from './migrate.ts'
import { startPostgres } from './postgres.ts'

/** PostgreSQL in the project's data folder, with all migrations applied. */
export const startDatabase = async (lifetime: Lifetime, dataDir: string): Promise<string> => {
  const postgres = lifetime.own(
    await startPostgres({
      dataDir: join(dataDir, 'postgres'),
      onExit: () => void lifetime.end('PostgreSQL ended unexpectedly.'),
    }),
  )
  await migrate(postgres.url)
  return postgres.url
}
