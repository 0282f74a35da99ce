// Runs what the suites share as a program of its own (vitest's module runner cannot load what the tools are built on).
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Program<Shared> {
  /** What it printed as one line of JSON once it was ready. */
  readonly shared: Shared
  stop(): Promise<void>
}

/** The program stays until its input ends. */
export async function startProgram<Shared>(file: string): Promise<Program<Shared>> {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => {
      throw new Error(`${file} did not start`)
    }),
  ])
  return {
    shared: JSON.parse(line) as Shared,
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
