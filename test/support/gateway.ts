// A whole gateway for one test file: its own database, vendor, origin and workerd; the tests enter by its front door.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import type { Bundle } from '../../tools/dev/bundle.ts'
import { type BreachListVendor, startBreachList } from '../../tools/dev/breach-list.ts'
import { type DemoOrigin, startDemoOrigin } from '../../tools/dev/demo-origin.ts'
import { createSecrets } from '../../tools/dev/environment.ts'
import { type MailVendor, startMailVendor } from '../../tools/dev/mail-vendor.ts'
import { twilioStandIn } from '../../tools/dev/sms-vendor.ts'
import { type NeonEndpoint, startNeonEndpoint } from '../../tools/dev/neon-endpoint.ts'
import { freePort } from '../../tools/dev/ports.ts'
import { createDatabase } from '../../tools/dev/postgres.ts'
import { type Workerd, startWorkerd } from '../../tools/dev/workerd.ts'
import { coverageBindings, withCoverage } from './coverage.ts'

export interface TestGateway {
  /** Where people see it; with `isolates: 2` there are two front doors that share the objects. */
  readonly url: string
  readonly urls: readonly string[]
  readonly databaseUrl: string
  readonly origin: { readonly url: string }
  readonly mail: MailVendor
  readonly breachList: BreachListVendor
  readonly neon: NeonEndpoint
  readonly workerd: Workerd
  readonly bindings: Readonly<Record<string, string>>
  /** Asks the database directly, as an observer. */
  sql(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
}

export interface TestGatewayOptions {
  readonly isolates?: number
  /** A worker with another gateway.config.ts; see site-config.ts. */
  readonly bundle?: Bundle
  readonly bindings?: Readonly<Record<string, string>>
  /** Service bindings by name, and the host and port of the HTTP server behind each. */
  readonly services?: Readonly<Record<string, string>>
  /** Host and port of a proxy that stands between the worker and the internet. */
  readonly outboundProxy?: string
  /** A site that runs already, instead of the demo origin. */
  readonly originUrl?: string
  /** Keeps what the Durable Objects store across restarts of workerd. */
  readonly storageDir?: string
  /** A PostgreSQL of the test's own, for tests that stop it; its database must be migrated. */
  readonly databaseUrl?: string
}

export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  // workerd has no SQL storage in memory.
  const ownStorage = options.storageDir === undefined ? mkdtempSync(join(tmpdir(), 'portcullis-objects-')) : null
  const storageDir = options.storageDir ?? ownStorage ?? ''
  const isolates = options.isolates ?? 1
  const ports = await Promise.all(Array.from({ length: isolates }, freePort))
  const url = `http://localhost:${ports[0]}`
  const databaseUrl =
    options.databaseUrl ??
    (await createDatabase(inject('adminUrl'), `test_${randomBytes(6).toString('hex')}`, inject('templateDatabase')))
  const neon = await startNeonEndpoint()
  const mail = await startMailVendor()
  const breachList = await startBreachList()
  const demo: DemoOrigin | null = options.originUrl === undefined ? await startDemoOrigin({ issuer: url }) : null
  const originUrl = options.originUrl ?? demo?.url ?? ''
  const bindings = {
    MODE: 'development',
    PUBLIC_URL: url,
    DATABASE_URL: databaseUrl,
    DATABASE_ENDPOINT: neon.url,
    ORIGIN_URL: originUrl,
    MAIL_ENDPOINT: mail.url,
    RESEND_API_KEY: 're_test',
    ...twilioStandIn(mail.url),
    BREACH_LIST_ENDPOINT: breachList.url,
    DEV_INBOX_URL: `${mail.url}/inbox`,
    ...(await createSecrets(2048)),
    ...options.bindings,
    ...coverageBindings,
  }
  const started = await startWorkerd({
    bundle: options.bundle ?? inject('bundle'),
    sockets: ports.map((port) => ({ port })),
    bindings,
    services: options.services,
    ...inject('platform'),
    isolates,
    storageDir,
    outboundProxy: options.outboundProxy,
    cfHeader: 'test-cf',
  })
  const workerd = withCoverage(started)
  const observer = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  // A test may stop the database; idle connections then fail, which is no concern of the observer.
  observer.on('error', () => undefined)
  return {
    url,
    urls: ports.map((port) => `http://localhost:${port}`),
    databaseUrl,
    origin: { url: originUrl },
    mail,
    breachList,
    neon,
    workerd,
    bindings,
    sql: async (statement, values = []) =>
      (await observer.query(statement, [...values])).rows as Record<string, unknown>[],
    async stop() {
      await workerd.stop()
      if (ownStorage !== null) rmSync(ownStorage, { recursive: true, force: true })
      await Promise.all([observer.end(), neon.stop(), mail.stop(), breachList.stop(), demo?.stop()])
    },
  }
}
