// The process that hashes passwords apart from the gateway, as its `HASH` binding reaches it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { freePort } from '../../tools/dev/ports.ts'
import { type Workerd, startWorkerd } from '../../tools/dev/workerd.ts'
import { type TestGateway, type TestGatewayOptions, startGateway } from './gateway.ts'

export interface GatewayWithHashing {
  readonly gateway: TestGateway
  readonly service: Workerd
  readonly stop: () => Promise<void>
}

export async function startWithHashing(options: TestGatewayOptions = {}): Promise<GatewayWithHashing> {
  const storageDir = mkdtempSync(join(tmpdir(), 'portcullis-hashing-'))
  const port = await freePort()
  const gateway = await startGateway({ ...options, services: { HASH: `127.0.0.1:${port}` } })
  const service = await startWorkerd({
    bundle: options.bundle ?? inject('bundle'),
    sockets: [{ port, entrypoint: 'HashService' }],
    bindings: { ...gateway.bindings },
    ...inject('platform'),
    storageDir,
  })
  return {
    gateway,
    service,
    stop: async () => {
      await Promise.all([service.stop(), gateway.stop()])
      rmSync(storageDir, { recursive: true, force: true })
    },
  }
}
