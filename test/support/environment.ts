// Run by start.ts: prints what the suites share as one line of JSON and stays until its input ends.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../tools/dev/bundle.ts'
import { migrate } from '../../tools/dev/migrate.ts'
import { createDatabase, startPostgres } from '../../tools/dev/postgres.ts'

export const templateDatabase = 'portcullis_template'

const folder = mkdtempSync(join(tmpdir(), 'portcullis-suite-'))
// The server runs as another user when the tests run as root, and has to get in.
chmodSync(folder, 0o755)
const [postgres, built] = await Promise.all([
  startPostgres({ dataDir: join(folder, 'data'), fsync: false }),
  bundle({ outDir: join(folder, 'bundle'), entry: process.env['PORTCULLIS_COVERAGE_ENTRY'] }),
])
await migrate(await createDatabase(postgres.adminUrl, templateDatabase))
console.log(JSON.stringify({ adminUrl: postgres.adminUrl, bundle: built, templateDatabase }))

process.stdin.resume()
await new Promise((resolve) => process.stdin.once('end', resolve))
await postgres.stop()
rmSync(folder, { recursive: true, force: true })
process.exit(0)
