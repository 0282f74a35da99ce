import { migrate } from './dev/migrate.ts'
import { failWith } from './dev/reason.ts'

try {
  const databaseUrl = process.env['DATABASE_URL']
  if (!databaseUrl)
    throw new Error('DATABASE_URL is not set; give it the connection string of the database to migrate.')
  const applied = await migrate(databaseUrl, { log: console.log })
  if (applied.length === 0) console.log('nothing to apply')
} catch (error) {
  failWith(error)
}
