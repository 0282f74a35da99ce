import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { endChild, exited, onLines, startChild } from './children.ts'
import { freePort } from './ports.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { postgresUser } from './postgres-user.ts'
import { descendants, isAlive } from './process-tree.ts'
import { shownPath } from './project.ts'
import { reason } from './reason.ts'

export type Postgres = {
  url: string
  adminUrl: string
  port: number
  stop(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
}

type Options = {
  dataDir: string
  port?: number | undefined
  log?: ((line: string) => void) | undefined
  /** Called when the server ends although nobody asked it to. */
  onExit?: (() => void) | undefined
  /** Off for tests only: then a crash of the machine, not of the server, may lose data. */
  fsync?: boolean | undefined
}

// Listening on the loopback address only, with data made for development; not a secret.
const user = 'portcullis'
const password = 'portcullis'
const database = 'portcullis'

const damaged = (dataDir: string, why: string): Error =>
  new Error(
    `The database folder ${shownPath(dataDir)} is damaged (${why.replace(/[.\s]+$/, '')}); start afresh with: npm run dev -- --reset`,
  )

const isEmpty = (dir: string): boolean => !existsSync(dir) || readdirSync(dir).length === 0

const run = (command: string, args: string[], ids: { uid: number; gid: number } | undefined): Promise<void> =>
  new Promise((done, fail) => {
    const child = spawn(command, args, {
      ...ids,
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: tmpdir(),
    })
    const lines: string[] = []
    onLines(child.stderr, (line) => lines.push(line))
    child.once('error', fail)
    child.once('close', (code) =>
      code === 0 ? done() : fail(new Error(lines.find((line) => line.includes('error:')) ?? lines.join(' '))),
    )
  })

/**
 * Made beside its place and renamed at the end: a run that is killed meanwhile leaves nothing that looks like a
 * database.
 */
const initialise = async (dataDir: string, initdb: string): Promise<void> => {
  const ids = postgresUser(dataDir)
  const making = `${dataDir}.new`
  const scratch = mkdtempSync(join(tmpdir(), 'portcullis-'))
  const passwordFile = join(scratch, 'password')
  try {
    rmSync(making, { recursive: true, force: true })
    mkdirSync(dirname(making), { recursive: true })
    mkdirSync(making, { mode: 0o700 })
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
    if (ids) for (const path of [making, scratch, passwordFile]) chownSync(path, ids.uid, ids.gid)
    // Neon's databases have this locale too, so lower() and sorting behave alike.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    await run(
      initdb,
      [
        `--pgdata=${making}`,
        `--username=${user}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--no-sync',
        ...locale,
      ],
      ids,
    )
    rmSync(dataDir, { recursive: true, force: true })
    renameSync(making, dataDir)
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    const unreachable = (error as NodeJS.ErrnoException).code === 'EACCES' || /ermission denied/.test(reason(error))
    if (!unreachable || !ids) throw new Error(`PostgreSQL could not create ${shownPath(dataDir)}: ${reason(error)}`)
    throw new Error(
      `PostgreSQL does not run as root, and user ${ids.uid}, which it runs as instead, may not enter ${dirname(dataDir)} or node_modules; move the project to a folder that others may enter.`,
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const runsIn = (pid: number, dataDir: string): boolean => {
  if (!isAlive(pid)) return false
  if (process.platform !== 'linux') return true
  try {
    return realpathSync(`/proc/${pid}/cwd`) === realpathSync(dataDir)
  } catch {
    return false
  }
}

/**
 * A killed server leaves its lock behind. PostgreSQL takes the lock for live when any process of the user has that
 * number by now, which is likely in a container, so we look whether that process really serves this folder.
 */
export const clearStaleLock = async (dataDir: string): Promise<void> => {
  const lock = join(dataDir, 'postmaster.pid')
  if (!existsSync(lock)) return
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10)
  // Its owner may have died a moment ago, and then it is about to shut down by itself.
  for (let tries = 0; Number.isInteger(pid) && runsIn(pid, dataDir); tries += 1) {
    if (tries === 100)
      throw new Error(
        `The database folder ${shownPath(dataDir)} is in use by another PostgreSQL (process ${pid}); stop that one first.`,
      )
    await sleep(50)
  }
  rmSync(lock, { force: true })
}

const withClient = async <T>(connectionString: string, use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/**
 * Copying a template is the quick way to a fresh database for each test: about 30 ms instead of all migrations again.
 */
export const createDatabase = async (adminUrl: string, name: string, template?: string): Promise<string> => {
  const copyOf = template === undefined ? '' : ` template ${pg.escapeIdentifier(template)}`
  await withClient(adminUrl, (client) => client.query(`create database ${pg.escapeIdentifier(name)}${copyOf}`))
  const url = new URL(adminUrl)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}

const ensureDatabase = async (adminUrl: string, url: string): Promise<void> => {
  const known = await withClient(adminUrl, (client) =>
    client.query('select 1 from pg_database where datname = $1', [database]),
  )
  if (known.rowCount === 0) await createDatabase(adminUrl, database)
  await withClient(url, (client) => client.query('select count(*) from pg_class'))
}

type Launch = { binary: string; dataDir: string; port: number; fsync: boolean; log: (line: string) => void }

const launch = async ({ binary, dataDir, port, fsync, log }: Launch): Promise<ChildProcess> => {
  await clearStaleLock(dataDir)
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    lc_messages: 'C',
    log_timezone: 'UTC',
    timezone: 'UTC',
    // A statement whose client has gone is ended, as Neon does.
    client_connection_check_interval: '500ms',
    fsync: fsync ? 'on' : 'off',
  }
  const child = startChild(
    binary,
    [
      '-D',
      dataDir,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    {
      ...postgresUser(dataDir),
      cwd: dataDir,
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      endSignal: 'INT',
    },
  )
  const early: string[] = []
  await new Promise<void>((ready, fail) => {
    let started = false
    child.once('error', (error) => fail(new Error(`PostgreSQL could not be started: ${reason(error)}`)))
    child.once('close', () => {
      if (early.some((line) => /could not bind|could not create any TCP/.test(line))) {
        fail(
          Object.assign(new Error(`PostgreSQL could not listen on port ${port}, which is already in use.`), {
            code: 'EADDRINUSE',
          }),
        )
      } else {
        const why = early.find((line) => /\b(FATAL|PANIC):/.test(line)) ?? early.at(-1) ?? 'it ended at once'
        fail(damaged(dataDir, why.replace(/^.*?(FATAL|PANIC):\s*/, '')))
      }
    })
    onLines(child.stderr, (line) => {
      log(line)
      if (started) return
      early.push(line)
      started = line.includes('database system is ready to accept connections')
      if (started) ready()
    })
  })
  return child
}

export const startPostgres = async (options: Options): Promise<Postgres> => {
  const dataDir = resolve(options.dataDir)
  const { postgres: binary, initdb } = await postgresBinaries()
  if (isEmpty(dataDir)) await initialise(dataDir, initdb)
  else if (!existsSync(join(dataDir, 'PG_VERSION'))) throw damaged(dataDir, 'PG_VERSION is missing')

  let port = options.port ?? (await freePort())
  const start = (): Promise<ChildProcess> =>
    launch({ binary, dataDir, port, fsync: options.fsync ?? true, log: options.log ?? (() => {}) })

  let child: ChildProcess
  for (let tries = 0; ; tries += 1) {
    try {
      child = await start()
      break
    } catch (error) {
      if (options.port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === 5)
        throw error
      port = await freePort()
    }
  }
  const base = `postgres://${user}:${password}@127.0.0.1:${port}`
  const adminUrl = `${base}/postgres`
  const url = `${base}/${database}`

  let wanted = true
  const watch = (watched: ChildProcess): void => {
    watched.once('exit', () => {
      if (wanted && watched === child) options.onExit?.()
    })
  }

  const stop = async (): Promise<void> => {
    wanted = false
    await endChild(child, 'SIGINT', 10_000)
  }

  const kill = async (): Promise<void> => {
    wanted = false
    const all = child.pid === undefined ? [] : descendants(child.pid)
    child.kill('SIGKILL')
    for (const pid of all) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // They notice the end of their parent, so they may have gone already.
      }
    }
    await exited(child)
    while (all.some(isAlive)) await sleep(5)
  }

  try {
    await ensureDatabase(adminUrl, url)
  } catch (error) {
    await stop()
    throw damaged(dataDir, reason(error))
  }
  watch(child)

  return {
    url,
    adminUrl,
    port,
    stop,
    kill,
    restart: async () => {
      await stop()
      child = await start()
      wanted = true
      watch(child)
    },
  }
}
