// The README's promises: each command it names exists, and those that need nothing of the operator's do what it says.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import { environmentSchema } from '../../src/config/environment-schema.ts'
import { gatewaySchema } from '../../src/config/gateway-schema.ts'
import { createDatabase } from '../../tools/dev/postgres.ts'

const readme = readFileSync('README.md', 'utf8')
const run = promisify(execFile)

describe('the README', () => {
  it('names only commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
    const named = [...readme.matchAll(/npm (?:run (?:-s )?)?(\w+)/g)].map(([, name]) => name ?? '')
    const known = [...Object.keys(scripts), 'ci']
    expect(named.length).toBeGreaterThan(8)
    for (const name of named) if (!['and', 'are', 'scripts', 'server'].includes(name)) expect(known).toContain(name)
  })

  it('documents every setting and every environment value', () => {
    const { shape: settings } = gatewaySchema
    for (const name of Object.keys(settings)) expect(readme).toContain(`\`${name}`)
    for (const name of Object.keys(environmentSchema.unwrap().shape))
      if (name !== 'DEV_INBOX_URL') expect(readme).toContain(name)
  })

  it('`npm run migrate` brings an empty database up to date, and does nothing the second time', async () => {
    const url = await createDatabase(inject('adminUrl'), `readme_${randomBytes(4).toString('hex')}`)
    const migrate = () => run('npm', ['run', '-s', 'migrate'], { env: { ...process.env, DATABASE_URL: url } })
    expect((await migrate()).stdout).toContain('0001_foundation.sql')
    expect((await migrate()).stdout).toContain('nothing to apply')
  })

  it('`npm run secrets` makes what the worker accepts', async () => {
    const { stdout } = await run('npm', ['run', '-s', 'secrets'])
    const made = Object.fromEntries(
      [...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, (value ?? '').replace(/^'|'$/g, '')]),
    )
    const { shape } = environmentSchema.unwrap()
    for (const name of ['ASSERTION_KEYS', 'DATA_KEY', 'PASSWORD_PEPPER', 'METRICS_TOKEN'] as const) {
      expect([name, shape[name].safeParse(made[name]).success]).toEqual([name, true])
    }
  })

  it('`npm run build` makes the bundle that would be deployed', async () => {
    const { stdout } = await run('npm', ['run', 'build'])
    expect(stdout).toContain('Total Upload')
  }, 60_000)
})
