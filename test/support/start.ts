// Once for all suites that enter by the front door: a PostgreSQL server with a migrated template, and the bundled worker.
import type { TestProject } from 'vitest/node'
import type { Bundle } from '../../tools/dev/bundle.ts'
import { startProgram } from './program.ts'

declare module 'vitest' {
  interface ProvidedContext {
    adminUrl: string
    bundle: Bundle
    templateDatabase: string
  }
}

export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const program = await startProgram<{ adminUrl: string; bundle: Bundle; templateDatabase: string }>(
    'test/support/environment.ts',
  )
  project.provide('adminUrl', program.shared.adminUrl)
  project.provide('bundle', program.shared.bundle)
  project.provide('templateDatabase', program.shared.templateDatabase)
  return () => program.stop()
}
