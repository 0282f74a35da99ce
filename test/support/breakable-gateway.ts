// A gateway whose way to the database can be broken, and whose objects keep what they store across restarts.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts'
import { type TestGateway, type TestGatewayOptions, startGateway } from './gateway.ts'

export interface BreakableGateway {
  readonly gateway: TestGateway
  readonly proxy: DatabaseProxy
  readonly storageDir: string
  /** What a crash does: nothing is written down, nobody is told. */
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}

export async function startBreakableGateway(
  options: Pick<TestGatewayOptions, 'bundle'> = {},
): Promise<BreakableGateway> {
  const storageDir = mkdtempSync(join(tmpdir(), 'portcullis-breakable-'))
  const proxy = await startDatabaseProxy()
  const gateway = await startGateway({ ...options, storageDir, bindings: { DATABASE_ENDPOINT: proxy.url } })
  return {
    gateway,
    proxy,
    storageDir,
    async killAndRestart() {
      await gateway.workerd.kill()
      await gateway.workerd.restart()
    },
    async stop() {
      await gateway.stop()
      await proxy.stop()
      rmSync(storageDir, { recursive: true, force: true })
    },
  }
}
