// Once for the object suites: a real database beside the scripted one.
import type { TestProject } from 'vitest/node'
import { startProgram } from './program.ts'

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string
    databaseEndpoint: string
  }
}

export default async function startDatabase(project: TestProject): Promise<() => Promise<void>> {
  const program = await startProgram<{ databaseUrl: string; databaseEndpoint: string }>('test/support/real-database.ts')
  project.provide('databaseUrl', program.shared.databaseUrl)
  project.provide('databaseEndpoint', program.shared.databaseEndpoint)
  return () => program.stop()
}
