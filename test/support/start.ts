// Once for all suites that enter by the front door: a PostgreSQL server with a migrated template, and the bundled worker.
import type { ProvidedContext } from 'vitest'
import type { TestProject } from 'vitest/node'
import type { Bundle } from '../../tools/dev/bundle.ts'
import type { WranglerConfig } from '../../tools/dev/wrangler-config.ts'
import { startProgram } from './program.ts'

declare module 'vitest' {
  interface ProvidedContext {
    adminUrl: string
    /** With the settings that are shipped. */
    bundle: Bundle
    /** For other settings; see worker-template.ts. */
    template: Bundle
    /** What wrangler.toml says of the platform: to read it takes a second, which every file of tests would wait for. */
    platform: Omit<WranglerConfig, 'vars'>
    templateDatabase: string
  }
}

type Shared = Pick<ProvidedContext, 'adminUrl' | 'bundle' | 'template' | 'platform' | 'templateDatabase'>

export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const program = await startProgram<Shared>('test/support/environment.ts')
  for (const name of ['adminUrl', 'bundle', 'template', 'platform', 'templateDatabase'] as const)
    project.provide(name, program.shared[name])
  return () => program.stop()
}
