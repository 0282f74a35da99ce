import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { exited } from './children.ts'
import { inProject } from './project.ts'

/**
 * Not the flags that @sparticuz/chromium recommends: they switch off web security, which is what tests are to see at
 * work. These keep it from calling home and from depending on the machine.
 */
const flags = [
  '--no-zygote',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--font-render-hinting=none',
]

/** The package brings fonts along, for machines without any; its own settings know them at one fixed place only. */
const fontSettings = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="relative">fonts-cache</cachedir>
</fontconfig>
`

/**
 * Unpacked once for each version. The package by itself unpacks in place into the temporary folder of the machine: a
 * second program that starts meanwhile would run half a browser, and a newer version of the package the old one.
 */
const unpacked = async (): Promise<string> => {
  const description = readFileSync(inProject('node_modules', '@sparticuz', 'chromium', 'package.json'), 'utf8')
  const { version } = JSON.parse(description) as { version: string }
  const cache = inProject('node_modules', '.cache', 'portcullis')
  const dir = join(cache, `chromium-${version}`)
  if (existsSync(dir)) return dir
  mkdirSync(cache, { recursive: true })
  const making = mkdtempSync(join(cache, 'making-'))
  const program = `import chromium from '@sparticuz/chromium'; await chromium.executablePath()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: inProject(),
    env: { ...process.env, TMPDIR: making },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await exited(child)
  try {
    if (child.exitCode !== 0) throw new Error('The browser could not be unpacked.')
    writeFileSync(join(making, 'fonts.conf'), fontSettings)
    renameSync(making, dir)
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    // Another program was quicker.
    if (!existsSync(dir)) throw error
  }
  return dir
}

export const startBrowser = async (): Promise<Browser> => {
  const dir = await unpacked()
  const env = { ...process.env, FONTCONFIG_FILE: join(dir, 'fonts.conf') }
  return chromium.launch({ executablePath: join(dir, 'chromium'), args: flags, env })
}
