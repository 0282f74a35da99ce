// A worker with settings of the test's own: what an operator does with PORTCULLIS_CONFIG.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import config from '../../gateway.config.ts'
import type { Bundle } from '../../tools/dev/bundle.ts'
import type { GatewayInput } from '../../src/config/gateway-schema.ts'
import { withSettings } from './worker-template.ts'

/** What tests start from: the file that is shipped, so that a change to it is what they see. */
export const shippedConfig: GatewayInput = config

/** For tests of many wrong passwords, whose waiting for the answer is no part of what they prove. */
export const withoutDelay: GatewayInput = { ...config, login: { ...config.login, refuseAfterMs: 0 } }

export function bundleWith(settings: unknown): Bundle {
  return withSettings(inject('template'), settings, mkdtempSync(join(tmpdir(), 'portcullis-config-')))
}
