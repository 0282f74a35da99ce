import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

/**
 * Starts a server process that does not outlive this one. A handler in this process cannot promise that (SIGKILL runs
 * none), so a tiny shell waits for the end of a pipe that only this process holds, then sends `endSignal` and clears
 * away the folder `scratch`. The child gets its own process group: Ctrl-C in a terminal must reach us alone, and we
 * stop the children in order.
 */
export const startChild = (
  command: string,
  args: readonly string[],
  { endSignal, scratch = '', ...options }: SpawnOptions & { endSignal: 'INT' | 'KILL'; scratch?: string },
): ChildProcess => {
  const child = spawn(command, args, { ...options, detached: true })
  if (child.pid === undefined || process.platform === 'win32') return child
  const script = 'read -r _; kill -s "$1" "$2"; [ -z "$3" ] || rm -rf -- "$3"'
  const guard = spawn('/bin/sh', ['-c', script, 'sh', endSignal, String(child.pid), scratch], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.on('error', () => {})
  guard.stdin?.on('error', () => {})
  guard.unref()
  if (guard.stdin !== null && 'unref' in guard.stdin) (guard.stdin as unknown as { unref(): void }).unref()
  child.once('exit', () => guard.kill('SIGKILL'))
  return child
}

export const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()))

/** Asks with `signal`, and after `graceMs` no longer asks. */
export const endChild = async (child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> => {
  const gone = exited(child)
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await gone
  clearTimeout(timer)
}

/** Output arrives in chunks of any size; whoever reads it wants lines. */
export const onLines = (stream: NodeJS.ReadableStream | null | undefined, take: (line: string) => void): void => {
  if (!stream) return
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
  stream.on('end', () => {
    if (rest !== '') take(rest)
  })
}
