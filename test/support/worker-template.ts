// The worker, bundled once for all suites with a mark where the settings of the site stand. What a test wants is written there:
// to bundle it anew takes seconds each time.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type Bundle, bundle } from '../../tools/dev/bundle.ts'

const mark = JSON.stringify('the settings of the site')

export async function bundleTemplate(outDir: string, entry?: string): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-mark-'))
  try {
    const configFile = join(folder, 'gateway.config.ts')
    writeFileSync(configFile, `export default ${mark}\n`)
    return await bundle({ outDir, configFile, entry })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function withSettings(template: Bundle, settings: unknown, outDir: string): Bundle {
  cpSync(template.dir, outDir, { recursive: true })
  const file = join(outDir, template.main)
  const [before, after, ...more] = readFileSync(file, 'utf8').split(mark)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error('the settings do not stand in one place of the bundle')
  writeFileSync(file, `${before}${JSON.stringify(settings) ?? 'undefined'}${after}`)
  const modules = template.modules.map((one) => ({ ...one, file: join(outDir, relative(template.dir, one.file)) }))
  return { ...template, dir: outDir, modules }
}
