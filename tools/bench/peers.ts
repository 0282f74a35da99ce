// The workers the gateway is compared with, as bundles for workerd.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

const argon2Wasm = '@phi-ag/argon2/argon2.wasm'

export type PeerName = 'pass-through' | 'headers-alone' | 'hono-jwk' | 'better-auth' | 'argon2' | 'jose-verify'

export const bundlePeer = async (name: PeerName, folder: string): Promise<Bundle> => {
  const file = join(folder, `${name}.js`)
  await esbuild().build({
    entryPoints: [inProject('tools', 'bench', 'workers', `${name}.ts`)],
    outfile: file,
    bundle: true,
    format: 'esm',
    target: 'esnext',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'bun:*', 'cloudflare:*', '*.wasm'],
    logLevel: 'error',
  })
  const modules: Bundle['modules'] = [{ name: `${name}.js`, file, kind: 'esModule' }]
  if (name === 'argon2')
    modules.push({ name: argon2Wasm, file: fileURLToPath(import.meta.resolve(argon2Wasm)), kind: 'wasm' })
  return { dir: folder, main: `${name}.js`, modules }
}
