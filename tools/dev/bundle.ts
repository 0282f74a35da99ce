import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { onLines } from './children.ts'
import { inProject, projectRoot } from './project.ts'

export { readWrangler } from './wrangler-config.ts'

export type ModuleKind = 'esModule' | 'wasm' | 'text' | 'data'
export type BundleModule = { name: string; file: string; kind: ModuleKind }
export type Bundle = { dir: string; main: string; modules: BundleModule[] }

const kinds: Record<string, ModuleKind> = {
  '.js': 'esModule',
  '.mjs': 'esModule',
  '.wasm': 'wasm',
  '.txt': 'text',
  '.html': 'text',
  '.sql': 'text',
  '.bin': 'data',
}

const wrangler = (args: string[]): Promise<void> =>
  new Promise((done, fail) => {
    const cli = join(
      dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
      'wrangler-dist',
      'cli.js',
    )
    const child = spawn(process.execPath, ['--no-warnings', cli, ...args], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // Wrangler would otherwise call home, look for an account, or ask.
        WRANGLER_SEND_METRICS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        WRANGLER_WRITE_LOGS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
        CI: 'true',
        NO_COLOR: '1',
        FORCE_COLOR: '0',
      },
    })
    const errors: string[] = []
    const output: string[] = []
    onLines(child.stdout, (line) => output.push(stripVTControlCharacters(line)))
    onLines(child.stderr, (line) => errors.push(stripVTControlCharacters(line)))
    child.once('error', fail)
    child.once('close', (code) => {
      if (code === 0) return done()
      const text = (errors.some((line) => line.trim() !== '') ? errors : output).join('\n').trim()
      fail(new Error(`The worker could not be bundled:\n${text}`))
    })
  })

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()

/**
 * What `wrangler deploy` would upload, byte for byte. `configFile` stands in for gateway.config.ts, and the worker is
 * not touched for that.
 */
export const bundle = async (options: {
  outDir: string
  configFile?: string | undefined
  entry?: string | undefined
}): Promise<Bundle> => {
  const dir = resolve(options.outDir)
  const entry = resolve(projectRoot, options.entry ?? 'src/worker.ts')
  rmSync(dir, { recursive: true, force: true })
  const alias = options.configFile === undefined ? [] : ['--alias', `#gateway.config:${resolve(options.configFile)}`]
  await wrangler(['deploy', entry, '--dry-run', '--config', inProject('wrangler.toml'), '--outdir', dir, ...alias])

  const modules = filesIn(dir).flatMap((file) => {
    const kind = kinds[extname(file)]
    return kind === undefined ? [] : [{ name: relative(dir, file).split(sep).join('/'), file, kind }]
  })
  const main = `${relative(dirname(entry), entry).replace(/\.[cm]?[jt]sx?$/, '')}.js`
  if (!modules.some(({ name }) => name === main)) throw new Error(`The bundle of ${main} holds no such file.`)
  return { dir, main, modules }
}
