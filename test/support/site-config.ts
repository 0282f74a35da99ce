// A worker with settings of the test's own: what an operator does with PORTCULLIS_CONFIG.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bundle, bundle } from '../../tools/dev/bundle.ts'
import type { GatewayInput } from '../../src/config/gateway-schema.ts'

/** The shipped settings as tests start from them. */
export const shippedConfig: GatewayInput = {
  origins: [{ id: 'site', url: { env: 'ORIGIN_URL' } }],
  routes: [
    { path: '/', require: 'public' },
    { path: '/public/*', require: 'public' },
    { path: '/admin/*', require: { roles: ['admin'] } },
    { path: '/*', require: 'signed-in' },
  ],
  identityHeaders: { userId: 'x-auth-user-id', email: 'x-auth-email', name: 'x-auth-name', roles: 'x-auth-roles' },
  email: { provider: 'resend', from: 'Portcullis <login@example.com>' },
}

export async function bundleWith(config: unknown): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-config-'))
  const configFile = join(folder, 'gateway.config.ts')
  writeFileSync(configFile, `export default ${JSON.stringify(config)}\n`)
  return bundle({ outDir: join(folder, 'bundle'), configFile, entry: process.env['PORTCULLIS_COVERAGE_ENTRY'] })
}
