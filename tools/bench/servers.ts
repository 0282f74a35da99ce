// Starts what a measurement needs around the servers under test: the site, a database, the gateway.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle, readWrangler } from '../dev/bundle.ts'
import { createSecrets } from '../dev/environment.ts'
import { healthy } from '../dev/health.ts'
import type { Lifetime } from '../dev/lifetime.ts'
import { migrate } from '../dev/migrate.ts'
import { startNeonEndpoint } from '../dev/neon-endpoint.ts'
import { freePort } from '../dev/ports.ts'
import { startPostgres } from '../dev/postgres.ts'
import { startProduction } from '../dev/production.ts'
import { inProject } from '../dev/project.ts'
import { type Workerd, startWorkerd } from '../dev/workerd.ts'
import { type BenchIssuer, startIssuer } from './bearer-tokens.ts'
import { type PeerName, bundlePeer } from './peers.ts'
import { pinServer } from './pinning.ts'

const leastRoom = 1024 ** 3

/**
 * Where files are in memory, if there is such a place. Of what is measured this machine's disk is no part: here an object
 * that stores something holds up the thread of the requests, which on Cloudflare is another machine's.
 */
const fastFolder = (): string => {
  const inMemory = '/dev/shm'
  if (!existsSync(inMemory)) return tmpdir()
  const { bavail, bsize } = statfsSync(inMemory)
  // A container's is often smaller than a database.
  return bavail * bsize >= leastRoom ? inMemory : tmpdir()
}

/** A folder that goes when the program ends. PostgreSQL runs as another user where we are root, and has to get in. */
export const scratchFolder = (lifetime: Lifetime): string => {
  const folder = mkdtempSync(join(fastFolder(), 'portcullis-bench-'))
  chmodSync(folder, 0o755)
  lifetime.own({ stop: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })) })
  return folder
}

export const startOrigin = async (lifetime: Lifetime): Promise<string> => {
  const child: ChildProcess = spawn(process.execPath, [inProject('tools', 'bench', 'origin.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  lifetime.own({ stop: () => Promise.resolve(void child.kill()) })
  const output = child.stdout
  if (output === null) throw new Error('the origin has no output')
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: output }).once('line', resolve)
    child.once('exit', () => reject(new Error('the origin of the benchmark did not start')))
  })
  return `http://127.0.0.1:${port}`
}

type PeerOptions = { name: PeerName; folder: string; bindings: Record<string, string>; port?: number }

export const startPeer = async (
  lifetime: Lifetime,
  { name, folder, bindings, port = 0 }: PeerOptions,
): Promise<Workerd> => {
  const { compatibilityDate, compatibilityFlags } = await readWrangler()
  const workerd = lifetime.own(
    await startWorkerd({
      bundle: await bundlePeer(name, folder),
      sockets: [{ port }],
      bindings,
      durableObjects: [],
      compatibilityDate,
      compatibilityFlags,
    }),
  )
  pinServer(workerd.pid)
  return workerd
}

export type MeasuredGateway = {
  workerd: Workerd
  hashing: Workerd
  databaseUrl: string
  pepper: string
  issuer: BenchIssuer
  /** Trusted as well, and reachable only as long as a measurement wants it. */
  unsteadyIssuer: BenchIssuer
  storageDir: string
}

/** `site` names the settings: a file beside this one. */
export const startGateway = async (
  lifetime: Lifetime,
  folder: string,
  originUrl: string,
  site = 'gateway-config',
): Promise<MeasuredGateway> => {
  const postgres = lifetime.own(await startPostgres({ dataDir: join(folder, `${site}-database`), fsync: false }))
  await migrate(postgres.url)
  const neon = lifetime.own(await startNeonEndpoint())
  const [issuer, unsteadyIssuer] = [await startIssuer(lifetime, 'bench'), await startIssuer(lifetime, 'bench-away')]
  const storageDir = join(folder, `${site}-objects`)
  const [built, { vars, ...platform }, port] = await Promise.all([
    bundle({ outDir: join(folder, site), configFile: inProject('tools', 'bench', `${site}.ts`) }),
    readWrangler(),
    freePort(),
  ])
  const secrets = await createSecrets(2048)
  const { gateway: workerd, hashing } = await startProduction(lifetime, {
    ...platform,
    bundle: built,
    sockets: [{ port }],
    bindings: {
      ...vars,
      ...secrets,
      PUBLIC_URL: `http://localhost:${port}`,
      DATABASE_URL: postgres.url,
      DATABASE_ENDPOINT: neon.url,
      ORIGIN_URL: originUrl,
      BENCH_ISSUER: issuer.url,
      BENCH_ISSUER_AWAY: unsteadyIssuer.url,
      RESEND_API_KEY: 're_bench',
    },
    storageDir,
  })
  pinServer(workerd.pid)
  for (const url of workerd.urls) await healthy(url, 15_000)
  return {
    workerd,
    hashing,
    databaseUrl: postgres.url,
    pepper: secrets.PASSWORD_PEPPER,
    issuer,
    unsteadyIssuer,
    storageDir,
  }
}
