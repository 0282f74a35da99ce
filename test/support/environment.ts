// Run by start.ts: prints what the suites share as one line of JSON and stays until its input ends.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import config from '../../gateway.config.ts'
import { type Bundle, readWrangler } from '../../tools/dev/bundle.ts'
import { migrate } from '../../tools/dev/migrate.ts'
import { createDatabase, startPostgres } from '../../tools/dev/postgres.ts'
import { bundleTemplate, withSettings } from './worker-template.ts'

export const templateDatabase = 'portcullis_template'

const folder = mkdtempSync(join(tmpdir(), 'portcullis-suite-'))
// The server runs as another user when the tests run as root, and has to get in.
chmodSync(folder, 0o755)
// Made once for all that run, where several do.
const given = process.env['PORTCULLIS_WORKER_TEMPLATE']
const [postgres, template, { vars: _, ...platform }] = await Promise.all([
  startPostgres({ dataDir: join(folder, 'data'), fsync: false }),
  given === undefined ? bundleTemplate(join(folder, 'template')) : (JSON.parse(given) as Bundle),
  readWrangler(),
])
await migrate(await createDatabase(postgres.adminUrl, templateDatabase))
const bundle = withSettings(template, config, join(folder, 'bundle'))
console.log(JSON.stringify({ adminUrl: postgres.adminUrl, bundle, template, platform, templateDatabase }))

process.stdin.resume()
await new Promise((resolve) => process.stdin.once('end', resolve))
await postgres.stop()
rmSync(folder, { recursive: true, force: true })
process.exit(0)
