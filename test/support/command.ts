// The commands of package.json, run as a user runs them: through npm, with an environment of their own, ended by Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onLines } from '../../tools/dev/children.ts'
import { freePort } from '../../tools/dev/ports.ts'
import { inProject } from '../../tools/dev/project.ts'

export interface Run {
  /** Both streams, in the order they came. */
  readonly lines: readonly string[]
  readonly errors: readonly string[]
  /** The first line that matches; fails when the command ends without it. */
  seen(pattern: RegExp): Promise<string>
  exitCode(): Promise<number | null>
  /** What Ctrl-C in a terminal does: the signal reaches npm and everything it started. Over when all of that ended. */
  interrupt(): Promise<void>
}

export type Environment = Readonly<Record<string, string>>

export async function settingsOfItsOwn(): Promise<{
  readonly url: string
  readonly dataDir: string
  readonly env: Environment
}> {
  const port = await freePort()
  const dataDir = mkdtempSync(join(tmpdir(), 'portcullis-data-'))
  // PostgreSQL does not run as root; the user it runs as then has to get in.
  chmodSync(dataDir, 0o755)
  return { url: `http://localhost:${port}`, dataDir, env: { PORTCULLIS_PORT: String(port), PORTCULLIS_DATA: dataDir } }
}

export function npmRun(args: readonly string[], env: Environment): Run {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('npm', ['run', '--silent', ...args], {
    cwd: inProject(),
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const lines: string[] = []
  const errors: string[] = []
  const listeners = new Set<() => void>()
  const take = (line: string): void => {
    lines.push(line)
    for (const listener of listeners) listener()
  }
  onLines(child.stdout, take)
  onLines(child.stderr, (line) => {
    errors.push(line)
    take(line)
  })
  // Not `exit`: npm may go before what it started, which holds the pipes for as long as it lives.
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    lines,
    errors,
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find((candidate) => pattern.test(candidate))
          if (line === undefined) return
          listeners.delete(look)
          resolve(line)
        }
        listeners.add(look)
        look()
        void exit.then(() => reject(new Error(`it ended without ${pattern}:\n${lines.join('\n')}`)))
      }),
    exitCode: () => exit,
    interrupt: async () => {
      interruptGroup(child)
      await exit
    },
  }
}

function interruptGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, 'SIGINT')
  } catch {
    // It ended between the question and the signal.
  }
}
