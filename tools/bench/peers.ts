// The workers the gateway is compared with, as bundles for workerd.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Bundle } from '../dev/bundle.ts'
import { inProject } from '../dev/project.ts'

type BuildOptions = {
  entryPoints: string[]
  outfile: string
  bundle: boolean
  format: 'esm'
  target: string
  conditions: string[]
  external: string[]
  logLevel: 'error'
}
type Esbuild = { build(options: BuildOptions): Promise<unknown> }

/** Wrangler's own bundler. Wrangler itself would ask these workers for the gateway's Durable Objects. */
const esbuild = (): Esbuild =>
  createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'))('esbuild') as Esbuild

export type PeerName = 'pass-through' | 'hono-jwk' | 'better-auth'

export const bundlePeer = async (name: PeerName, folder: string): Promise<Bundle> => {
  const file = join(folder, `${name}.js`)
  await esbuild().build({
    entryPoints: [inProject('tools', 'bench', 'workers', `${name}.ts`)],
    outfile: file,
    bundle: true,
    format: 'esm',
    target: 'esnext',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'bun:*', 'cloudflare:*'],
    logLevel: 'error',
  })
  return { dir: folder, main: `${name}.js`, modules: [{ name: `${name}.js`, file, kind: 'esModule' }] }
}
