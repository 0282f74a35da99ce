import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { bundle } from './dev/bundle.ts'
import { startDatabase } from './dev/database.ts'
import { startDemoOrigin } from './dev/demo-origin.ts'
import { keptSecrets, secretNames } from './dev/environment.ts'
import { healthy } from './dev/health.ts'
import { createLifetime, together } from './dev/lifetime.ts'
import { startMailVendor } from './dev/mail-vendor.ts'
import { twilioStandIn } from './dev/sms-vendor.ts'
import { migrate } from './dev/migrate.ts'
import { startNeonEndpoint } from './dev/neon-endpoint.ts'
import { assertPortFree } from './dev/ports.ts'
import { startProduction } from './dev/production.ts'
import { reason } from './dev/reason.ts'
import { assertNodeVersion, fromEnvironment, readSettings } from './dev/settings.ts'
import { readWrangler } from './dev/wrangler-config.ts'

const lifetime = createLifetime()

type Settings = ReturnType<typeof readSettings>

const secrets = async ({ dataDir }: Settings): Promise<Record<string, string>> => {
  const given = fromEnvironment(secretNames)
  return secretNames.every((name) => given[name] !== undefined) ? given : { ...(await keptSecrets(dataDir)), ...given }
}

const database = async ({ databaseUrl, dataDir }: Settings): Promise<string> => {
  if (databaseUrl === undefined) return startDatabase(lifetime, dataDir)
  await migrate(databaseUrl, { log: (line) => console.log(line) })
  return databaseUrl
}

const mail = async ({ mailEndpoint, resendApiKey, dataDir }: Settings): Promise<Record<string, string>> => {
  if (mailEndpoint !== undefined || resendApiKey !== undefined) {
    return {
      ...(mailEndpoint === undefined ? {} : { MAIL_ENDPOINT: mailEndpoint }),
      RESEND_API_KEY: resendApiKey ?? 're_local',
    }
  }
  const vendor = lifetime.own(await startMailVendor({ file: join(dataDir, 'mail.json') }))
  console.log(`Mail is kept here instead of being sent: ${vendor.url}/inbox`)
  return { MAIL_ENDPOINT: vendor.url, RESEND_API_KEY: 're_local', ...twilioStandIn(vendor.url) }
}

const originUrl = async ({ origin }: Settings, issuer: string): Promise<string> => {
  if (origin !== undefined) return origin
  const demo = lifetime.own(await startDemoOrigin({ issuer }))
  console.log(`PORTCULLIS_ORIGIN is not set, so the demo site stands behind the gateway: ${demo.url}`)
  return demo.url
}

/** Objects know the users of one database; with those of another they would contradict it. */
const objectsOf = ({ databaseUrl, dataDir }: Settings): string => {
  if (databaseUrl === undefined) return join(dataDir, 'objects')
  const { host, pathname } = new URL(databaseUrl)
  return join(
    dataDir,
    `objects-${createHash('sha256')
      .update(host + pathname)
      .digest('hex')
      .slice(0, 12)}`,
  )
}

const start = async (): Promise<void> => {
  assertNodeVersion()
  const settings = readSettings()
  const ports = Array.from({ length: settings.isolates }, (_, i) => settings.port + i)
  for (const port of ports) await assertPortFree(port)
  const url = `http://localhost:${settings.port}`
  const publicUrl = settings.publicUrl ?? url

  const [keys, databaseUrl, endpoint, mailBindings, origin, built, wrangler] = await together([
    secrets(settings),
    database(settings),
    settings.databaseEndpoint === undefined
      ? startNeonEndpoint().then(lifetime.own)
      : { url: settings.databaseEndpoint },
    mail(settings),
    originUrl(settings, publicUrl),
    bundle({
      outDir: join(settings.dataDir, 'bundle-production'),
      ...(settings.configFile === undefined ? {} : { configFile: settings.configFile }),
    }),
    readWrangler(),
  ])

  const { vars, ...platform } = wrangler
  const { gateway } = await startProduction(lifetime, {
    ...platform,
    bundle: built,
    sockets: ports.map((port) => ({ port })),
    isolates: settings.isolates,
    bindings: {
      ...vars,
      ...fromEnvironment(Object.keys(vars)),
      ...keys,
      ...mailBindings,
      PUBLIC_URL: publicUrl,
      DATABASE_URL: databaseUrl,
      DATABASE_ENDPOINT: endpoint.url,
      ...(settings.breachListEndpoint === undefined ? {} : { BREACH_LIST_ENDPOINT: settings.breachListEndpoint }),
      ORIGIN_URL: origin,
    },
    storageDir: objectsOf(settings),
    onLog: (line) => console.log(line),
    onExit: () => void lifetime.end('workerd ended unexpectedly.'),
  })
  for (const each of gateway.urls) await healthy(each, 15_000)
  if (settings.isolates === 2) console.log(`second isolate http://localhost:${settings.port + 1}`)
  console.log(`ready ${url}`)
}

start().catch((error: unknown) =>
  lifetime.end(error instanceof Error && error.message !== '' ? error.message : reason(error)),
)
