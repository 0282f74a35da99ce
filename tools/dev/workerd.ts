import type { ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Bundle } from './bundle.ts'
import { type DurableObject, workerdConfig } from './capnp.ts'
import { endChild, exited, onLines, startChild } from './children.ts'
import { portInUse } from './ports.ts'
import { reason } from './reason.ts'

export type Workerd = {
  urls: string[]
  ports: number[]
  /** Of the process that runs now; another one after a restart. */
  readonly pid: number
  readonly logs: () => string[]
  stop(): Promise<void>
  kill(): Promise<void>
  /** With what is given in place of what it ran with, at the same addresses. */
  restart(next?: Changes): Promise<void>
}

export type WorkerdOptions = {
  bundle: Bundle
  /** One for each isolate; port 0 takes a free one. `entrypoint`: the export that answers, where it is not the default. */
  sockets: { port: number; entrypoint?: string }[]
  bindings: Record<string, string>
  /** Service bindings by name, and the host and port of the HTTP server behind each. */
  services?: Record<string, string> | undefined
  durableObjects: DurableObject[]
  compatibilityDate: string
  compatibilityFlags: string[]
  /** Left out: the objects' storage is in memory and ends with the process. */
  storageDir?: string | undefined
  isolates?: number | undefined
  /** A request header whose JSON becomes `request.cf`; for tests. */
  cfHeader?: string | undefined
  /** Host and port of an HTTP proxy that every fetch goes through; for tests. */
  outboundProxy?: string | undefined
  host?: string | undefined
  verbose?: boolean | undefined
  onLog?: ((line: string) => void) | undefined
  /** Called when workerd ends although nobody asked it to. */
  onExit?: (() => void) | undefined
}

type Changes = Partial<
  Pick<WorkerdOptions, 'bundle' | 'bindings' | 'durableObjects' | 'compatibilityDate' | 'compatibilityFlags'>
>

const keptLogs = 5000

/**
 * The native binary of wrangler's own workerd: the wrapper in .bin is a Node program that would swallow our signals.
 */
const workerdBinary = (): string => {
  const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'))
  return (fromWrangler('workerd') as { default: string }).default
}

export const startWorkerd = async (options: WorkerdOptions): Promise<Workerd> => {
  const host = options.host ?? '127.0.0.1'
  const isolates = options.isolates ?? 1
  if (options.sockets.length < isolates) throw new Error(`${isolates} isolates need ${isolates} sockets.`)
  const storageDir = options.storageDir === undefined ? undefined : resolve(options.storageDir)
  if (storageDir !== undefined) mkdirSync(storageDir, { recursive: true })

  let current = options
  let ports = options.sockets.map(({ port }) => port)
  let child: ChildProcess | undefined
  let scratch = ''
  const logs: string[] = []

  // Text in workerd's format can only embed files by a path relative to it, hence copies of the modules beside it.
  // mkdtemp gives the folder to its owner alone, for the bindings in it hold secrets.
  const writeConfig = (): void => {
    if (scratch === '') scratch = mkdtempSync(join(tmpdir(), 'portcullis-workerd-'))
    rmSync(join(scratch, 'modules'), { recursive: true, force: true })
    const { bundle, bindings, durableObjects, compatibilityDate, compatibilityFlags } = current
    for (const { name, file } of bundle.modules) {
      const target = join(scratch, 'modules', name)
      mkdirSync(dirname(target), { recursive: true })
      copyFileSync(file, target)
    }
    const modules = bundle.modules.toSorted((a, b) => Number(b.name === bundle.main) - Number(a.name === bundle.main))
    writeFileSync(
      join(scratch, 'config.capnp'),
      workerdConfig({
        modules,
        ports,
        entrypoints: options.sockets.map(({ entrypoint }) => entrypoint),
        host,
        bindings,
        services: current.services ?? {},
        durableObjects,
        compatibilityDate,
        compatibilityFlags,
        isolates,
        storageDir,
        cfHeader: options.cfHeader,
        outboundProxy: options.outboundProxy,
      }),
      { mode: 0o600 },
    )
  }

  const start = async (): Promise<void> => {
    writeConfig()
    const started = startChild(
      workerdBinary(),
      ['serve', ...(options.verbose ? ['--verbose'] : []), '--control-fd=3', join(scratch, 'config.capnp')],
      { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], endSignal: 'KILL', scratch },
    )
    child = started
    const early: string[] = []
    const take = (line: string): void => {
      if (line.trim() === '' || line.includes('became the default as of')) return
      if (early.length < 50) early.push(line)
      logs.push(line)
      if (logs.length > keptLogs) logs.splice(0, logs.length - keptLogs)
      options.onLog?.(line)
    }
    onLines(started.stdout, take)
    onLines(started.stderr, take)

    const listening = new Map<string, number>()
    await new Promise<void>((ready, fail) => {
      started.once('error', (error) => fail(new Error(`workerd could not be started: ${reason(error)}`)))
      started.once('close', () => {
        const taken = early.some((line) => /address already in use/i.test(line))
        const port = ports.find((candidate) => early.some((line) => line.includes(`:${candidate}`))) ?? ports[0] ?? 0
        fail(
          taken
            ? portInUse(port)
            : new Error(
                `workerd ended at once: ${early.find((line) => /error|fail/i.test(line)) ?? early[0] ?? 'it said nothing'}`,
              ),
        )
      })
      onLines(started.stdio[3] as NodeJS.ReadableStream, (line) => {
        const message = JSON.parse(line) as { event: string; socket?: string; port?: number }
        if (message.event !== 'listen' || message.socket === undefined || message.port === undefined) return
        listening.set(message.socket, message.port)
        if (listening.size === ports.length) ready()
      })
    }).catch(async (error: unknown) => {
      await end('SIGKILL')
      throw error
    })
    // A restart has to come back at the same addresses.
    ports = ports.map((port, i) => listening.get(`http${i}`) ?? port)
    started.once('exit', () => {
      if (child === started) options.onExit?.()
    })
  }

  const end = async (signal: 'SIGTERM' | 'SIGKILL', graceMs = 0): Promise<void> => {
    const ending = child
    child = undefined
    if (ending === undefined) return
    if (signal === 'SIGKILL') {
      ending.kill('SIGKILL')
      await exited(ending)
    } else await endChild(ending, signal, graceMs)
  }

  const cleanUp = (): void => {
    if (scratch !== '') rmSync(scratch, { recursive: true, force: true })
    scratch = ''
  }

  await start().catch((error: unknown) => {
    cleanUp()
    throw error
  })

  return {
    urls: ports.map((port) => `http://${host}:${port}`),
    ports: [...ports],
    get pid() {
      return child?.pid ?? 0
    },
    logs: () => [...logs],
    stop: async () => {
      await end('SIGTERM', 1000)
      cleanUp()
    },
    kill: async () => {
      await end('SIGKILL')
      cleanUp()
    },
    restart: async (next = {}) => {
      await end('SIGTERM', 250)
      current = { ...current, ...next }
      await start()
    },
  }
}
