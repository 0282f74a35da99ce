import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bundle, bundle } from './dev/bundle.ts'
import { startBreachList } from './dev/breach-list.ts'
import { startDatabase } from './dev/database.ts'
import { startDemoOrigin } from './dev/demo-origin.ts'
import { developmentEnvironment } from './dev/environment.ts'
import { healthy } from './dev/health.ts'
import { createLifetime, together } from './dev/lifetime.ts'
import { startMailVendor } from './dev/mail-vendor.ts'
import { twilioStandIn } from './dev/sms-vendor.ts'
import { startNeonEndpoint } from './dev/neon-endpoint.ts'
import { assertPortFree } from './dev/ports.ts'
import { inProject, shownPath } from './dev/project.ts'
import { reason } from './dev/reason.ts'
import { reset } from './dev/reset.ts'
import { demoAccounts, demoPassword, seedAccounts } from './dev/seed.ts'
import { assertNodeVersion, readSettings } from './dev/settings.ts'
import { watchFiles } from './dev/watch-files.ts'
import { startWorkerd, type Workerd } from './dev/workerd.ts'
import { readWrangler } from './dev/wrangler-config.ts'

const lifetime = createLifetime()

const wantsReset = (): boolean => {
  try {
    return parseArgs({ options: { reset: { type: 'boolean', default: false } } }).values.reset
  } catch {
    throw new Error('npm run dev takes one option only: npm run dev -- --reset')
  }
}

const start = async (): Promise<void> => {
  assertNodeVersion()
  const settings = readSettings()
  const { dataDir } = settings
  const startsAfresh = wantsReset()
  const url = `http://localhost:${settings.port}`
  await assertPortFree(settings.port)
  if (startsAfresh) await reset(dataDir)

  const environment = await developmentEnvironment({ dataDir, port: settings.port })
  const makeBundle = (name: string): Promise<Bundle> =>
    bundle({
      outDir: join(dataDir, 'bundle', name),
      ...(settings.configFile === undefined ? {} : { configFile: settings.configFile }),
    })

  const [databaseUrl, endpoint, mail, breachList, origin, built, wrangler] = await together([
    startDatabase(lifetime, dataDir),
    startNeonEndpoint().then(lifetime.own),
    startMailVendor({ file: join(dataDir, 'mail.json') }).then(lifetime.own),
    startBreachList().then(lifetime.own),
    settings.origin === undefined ? startDemoOrigin({ issuer: url }).then(lifetime.own) : { url: settings.origin },
    makeBundle('a'),
    readWrangler(),
  ])

  await seedAccounts(databaseUrl, environment['PASSWORD_PEPPER'] ?? '')

  const bindings = {
    ...environment,
    DATABASE_URL: databaseUrl,
    DATABASE_ENDPOINT: endpoint.url,
    ORIGIN_URL: origin.url,
    MAIL_ENDPOINT: mail.url,
    RESEND_API_KEY: 're_development',
    ...twilioStandIn(mail.url),
    BREACH_LIST_ENDPOINT: breachList.url,
    DEV_INBOX_URL: `${mail.url}/inbox`,
  }
  const { vars, ...platform } = wrangler
  const gateway = lifetime.own(
    await startWorkerd({
      ...platform,
      bundle: built,
      sockets: [{ port: settings.port }],
      bindings: { ...vars, ...bindings },
      storageDir: join(dataDir, 'objects'),
      onLog: (line) => console.log(line),
      onExit: () => void lifetime.end('workerd ended unexpectedly.'),
    }),
  )
  await healthy(gateway.urls[0] ?? url, 15_000)

  reloadOnChange({
    gateway,
    makeBundle,
    bindings,
    built,
    ...(settings.configFile === undefined ? {} : { configFile: settings.configFile }),
  })

  console.log(`Site behind the gateway   ${origin.url}${settings.origin === undefined ? ' (the demo site)' : ''}`)
  console.log(`Sign in                   ${url}/auth/login`)
  const people = demoAccounts.map(({ email, roles }) => (roles.length === 0 ? email : `${email} (${roles.join(', ')})`))
  console.log(`Demo accounts             ${people.join(' and ')}, password ${demoPassword}`)
  console.log(`Mail and messages         ${url}/auth/dev/inbox`)
  console.log(`Database                  ${databaseUrl}`)
  console.log(`Data                      ${shownPath(dataDir)}/ (npm run dev -- --reset starts afresh)`)
  console.log(`ready ${url}`)
}

const reloadOnChange = ({
  gateway,
  makeBundle,
  bindings,
  built,
  configFile,
}: {
  gateway: Workerd
  makeBundle: (name: string) => Promise<Bundle>
  bindings: Record<string, string>
  built: Bundle
  configFile?: string
}): void => {
  let running = { name: 'a', bundle: built }
  let busy = false
  let again = false

  const reload = async (): Promise<void> => {
    const before = performance.now()
    // Not over the one that runs: it is needed again if the next does not start.
    const name = running.name === 'a' ? 'b' : 'a'
    const [next, { vars, ...platform }] = await together([makeBundle(name), readWrangler()])
    try {
      await gateway.restart({ ...platform, bundle: next, bindings: { ...vars, ...bindings } })
      running = { name, bundle: next }
    } catch (error) {
      // It was bundled but does not start, for instance because it throws when loaded.
      await gateway.restart({ bundle: running.bundle })
      throw error
    }
    await healthy(gateway.urls[0] ?? '', 5000)
    console.log(`reloaded in ${Math.round(performance.now() - before)} ms`)
  }

  // Changes that come in during a reload lead to one more, not to several at once.
  const changed = async (): Promise<void> => {
    again = true
    if (busy) return
    busy = true
    while (again && !lifetime.ending) {
      again = false
      try {
        await reload()
      } catch (error) {
        if (!lifetime.ending) console.error(error instanceof Error ? error.message : reason(error))
      }
    }
    busy = false
  }

  const files = [inProject('wrangler.toml'), configFile ?? inProject('gateway.config.ts')]
  lifetime.own(watchFiles({ folders: [inProject('src')], files }, () => void changed()))
}

start().catch((error: unknown) =>
  lifetime.end(error instanceof Error && error.message !== '' ? error.message : reason(error)),
)
