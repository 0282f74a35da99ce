// Run by start-database.ts: a migrated PostgreSQL behind Neon's protocol, for what runs in workerd without the front door.
import { startNeonEndpoint } from '../../tools/dev/neon-endpoint.ts'
import { startOwnDatabase } from './own-database.ts'

const [database, endpoint] = await Promise.all([startOwnDatabase(), startNeonEndpoint()])
console.log(JSON.stringify({ databaseUrl: database.url, databaseEndpoint: endpoint.url }))

process.stdin.resume()
await new Promise((resolve) => process.stdin.once('end', resolve))
await endpoint.stop()
await database.stop()
process.exit(0)
