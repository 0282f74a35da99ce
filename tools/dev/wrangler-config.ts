import { existsSync } from 'node:fs'
import { inProject } from './project.ts'

export type WranglerConfig = {
  compatibilityDate: string
  compatibilityFlags: string[]
  durableObjects: { binding: string; className: string }[]
  vars: Record<string, string>
}

/**
 * What production runs with, so that nothing is stated twice. Wrangler's own reader, since the TOML parser inside it
 * is not exported; it is large, hence loaded only here.
 */
export const readWrangler = async (file = inProject('wrangler.toml')): Promise<WranglerConfig> => {
  if (!existsSync(file)) throw new Error('There is no wrangler.toml in the project folder.')
  process.env['WRANGLER_SEND_METRICS'] ??= 'false'
  process.env['WRANGLER_WRITE_LOGS'] ??= 'false'
  const { unstable_readConfig: readConfig } = await import('wrangler')
  const config = readConfig({ config: file }, { hideWarnings: true })
  if (config.compatibility_date === undefined) throw new Error('wrangler.toml names no compatibility_date.')
  return {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    durableObjects: config.durable_objects.bindings.map((binding: { name: string; class_name: string }) => ({
      binding: binding.name,
      className: binding.class_name,
    })),
    vars: Object.fromEntries(
      Object.entries(config.vars).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  }
}
