// npm run attack: attackers of several kinds and people who go about their business meanwhile, against the bundle that would
// be deployed, in workerd, in production mode.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { scratchFolder } from './bench/servers.ts'
import { isLockoutAsWanted, lockoutText, measureLockout } from './attack/lockout.ts'
import { seedPumpedNumbers } from './attack/phones.ts'
import { asText, isAsWanted } from './attack/report.ts'
import { simulate } from './attack/simulate.ts'
import type { Target } from './attack/target.ts'
import { bundle } from './dev/bundle.ts'
import { startDemoOrigin } from './dev/demo-origin.ts'
import { createSecrets } from './dev/environment.ts'
import { healthy } from './dev/health.ts'
import { createLifetime, together } from './dev/lifetime.ts'
import { startMailVendor } from './dev/mail-vendor.ts'
import { migrate } from './dev/migrate.ts'
import { startNeonEndpoint } from './dev/neon-endpoint.ts'
import { freePort } from './dev/ports.ts'
import { startProduction } from './dev/production.ts'
import { startPostgres } from './dev/postgres.ts'
import { inProject } from './dev/project.ts'
import { reason } from './dev/reason.ts'
import { demoPassword, seedAccounts } from './dev/seed.ts'
import { assertNodeVersion } from './dev/settings.ts'
import { twilioStandIn } from './dev/sms-vendor.ts'
import { startTurnstile } from './dev/turnstile.ts'
import { readWrangler } from './dev/wrangler-config.ts'

const lifetime = createLifetime()

const options = () => {
  const { values } = parseArgs({
    options: {
      attempts: { type: 'string', default: '6000' },
      rate: { type: 'string', default: '150' },
      people: { type: 'string', default: '120' },
      quiet: { type: 'string', default: '15' },
      only: { type: 'string', default: '' },
      lockout: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  })
  const number = (name: 'attempts' | 'rate' | 'people' | 'quiet'): number => {
    const value = Number(values[name])
    if (Number.isFinite(value) && value >= 1) return value
    throw new Error(`--${name} must be a number of at least 1, not "${values[name]}".`)
  }
  return {
    attempts: number('attempts'),
    rate: number('rate'),
    people: number('people'),
    quiet: number('quiet'),
    only: values.only.split(',').filter((id) => id !== ''),
    lockout: values.lockout,
    json: values.json,
  }
}

const start = async (people: number): Promise<{ target: Target; accounts: { email: string; password: string }[] }> => {
  const folder = scratchFolder(lifetime)
  const port = await freePort()
  const url = `http://localhost:${port}`
  const [postgres, neon, mail, turnstile, origin, built, wrangler, secrets] = await together([
    startPostgres({ dataDir: join(folder, 'postgres') }).then(lifetime.own),
    startNeonEndpoint().then(lifetime.own),
    startMailVendor().then(lifetime.own),
    startTurnstile().then(lifetime.own),
    startDemoOrigin({ issuer: url }).then(lifetime.own),
    bundle({ outDir: join(folder, 'bundle'), configFile: inProject('tools', 'attack', 'gateway-config.ts') }),
    readWrangler(),
    createSecrets(2048),
  ])
  await migrate(postgres.url)
  const accounts = Array.from({ length: people }, (_, index) => ({
    email: `person-${index}@example.com`,
    password: demoPassword,
  }))
  const named = accounts.map(({ email }) => ({ email, name: 'Person', roles: [] }))
  await seedAccounts(postgres.url, secrets.PASSWORD_PEPPER, named)
  await seedPumpedNumbers(postgres.url)
  const { vars, ...platform } = wrangler
  await startProduction(lifetime, {
    ...platform,
    bundle: built,
    sockets: [{ port }],
    bindings: {
      ...vars,
      ...secrets,
      PUBLIC_URL: url,
      DATABASE_URL: postgres.url,
      DATABASE_ENDPOINT: neon.url,
      ORIGIN_URL: origin.url,
      MAIL_ENDPOINT: mail.url,
      RESEND_API_KEY: 're_local',
      ...twilioStandIn(mail.url),
      ...turnstile.bindings,
    },
    storageDir: join(folder, 'objects'),
    onExit: () => void lifetime.end('workerd ended unexpectedly.'),
  })
  await healthy(url, 15_000)
  const textsSent = () => mail.sms.messages().length
  return { target: { url, solveCaptcha: () => turnstile.solve(), textsSent }, accounts }
}

const run = async (): Promise<void> => {
  assertNodeVersion()
  const { attempts, rate, people, quiet, only, lockout, json } = options()
  const { target, accounts } = await start(people)
  if (lockout) {
    const [first] = accounts
    if (first === undefined) throw new Error('Somebody has to have an account.')
    const found = await measureLockout(target, first, { badLogins: 10_000, timings: 2000 })
    console.log(lockoutText(found))
    return lifetime.end(isLockoutAsWanted(found) ? undefined : 'Not everything is as it should be.')
  }
  const result = await simulate({
    target,
    accounts,
    attempts,
    attemptsPerSecond: rate,
    honestPerSecond: 20,
    quietSeconds: quiet,
    only,
    onProgress: (text) => process.stderr.write(`${text}\n`),
  })
  console.log(asText(result))
  if (json !== undefined) {
    const file = resolve(process.env['INIT_CWD'] ?? process.cwd(), json)
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
  }
  await lifetime.end(isAsWanted(result) ? undefined : 'Not everything is as it should be.')
}

run().catch((error: unknown) => lifetime.end(reason(error)))
