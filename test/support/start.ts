// Once for all suites that enter by the front door: a PostgreSQL server with a migrated template, and the bundled worker.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TestProject } from 'vitest/node'
import type { Bundle } from '../../tools/dev/bundle.ts'

declare module 'vitest' {
  interface ProvidedContext {
    adminUrl: string
    bundle: Bundle
    templateDatabase: string
  }
}

export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['test/support/environment.ts'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => {
      throw new Error('the environment of the tests did not start')
    }),
  ])
  const shared = JSON.parse(line) as { adminUrl: string; bundle: Bundle; templateDatabase: string }
  project.provide('adminUrl', shared.adminUrl)
  project.provide('bundle', shared.bundle)
  project.provide('templateDatabase', shared.templateDatabase)
  return async () => {
    child.stdin.end()
    await ended
  }
}
