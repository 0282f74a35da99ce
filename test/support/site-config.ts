// A worker with settings of the test's own: what an operator does with PORTCULLIS_CONFIG.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import config from '../../gateway.config.ts'
import { type Bundle, bundle } from '../../tools/dev/bundle.ts'
import type { GatewayInput } from '../../src/config/gateway-schema.ts'

/** What tests start from: the file that is shipped, so that a change to it is what they see. */
export const shippedConfig: GatewayInput = config

/** For tests of many wrong passwords, whose waiting for the answer is no part of what they prove. */
export const withoutDelay: GatewayInput = { ...config, login: { ...config.login, refuseAfterMs: 0 } }

export async function bundleWith(config: unknown): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-config-'))
  const configFile = join(folder, 'gateway.config.ts')
  writeFileSync(configFile, `export default ${JSON.stringify(config)}\n`)
  return bundle({ outDir: join(folder, 'bundle'), configFile, entry: process.env['PORTCULLIS_COVERAGE_ENTRY'] })
}
