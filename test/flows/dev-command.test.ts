import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createDatabase } from '../../tools/dev/postgres.ts'
import { inProject } from '../../tools/dev/project.ts'
import { type Environment, type Run, npmRun, settingsOfItsOwn } from '../support/command.ts'
import { goodPassword, newEmail } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const demo = { email: 'demo@example.com', password: 'open-the-gate' }
const admin = { ...demo, email: 'admin@example.com' }

/** As somebody keeps it outside this project: from there the import needs the whole path. */
const shipped = readFileSync(inProject('gateway.config.ts'), 'utf8').replace("'./src/", `'${inProject('src')}/`)

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function command(args: readonly string[], env: Environment): Run {
  const run = npmRun(args, env)
  cleanUps.push(() => run.interrupt())
  return run
}

async function ownSettings(): ReturnType<typeof settingsOfItsOwn> {
  const settings = await settingsOfItsOwn()
  cleanUps.push(() => rmSync(settings.dataDir, { recursive: true, force: true }))
  return settings
}

async function signIn(
  url: string,
  account: typeof demo,
): Promise<{ readonly status: number; readonly visitor: Visitor }> {
  const visitor = newVisitor({ url })
  const { status } = await visitor.send('POST', '/auth/v1/login', account)
  return { status, visitor }
}

/** Nothing but one sentence that says what to do, on the stream for errors. */
async function expectSentence(run: Run, ...parts: readonly (string | RegExp)[]): Promise<void> {
  expect(await run.exitCode()).toBe(1)
  expect(run.errors.filter((line) => line.trim() !== '')).toHaveLength(1)
  for (const part of parts) expect(run.errors.join('')).toMatch(part)
  expect(run.lines.join('\n')).not.toMatch(/^\s+at |node:internal|^ready/m)
}

describe('npm run dev', () => {
  it('brings up a whole site with people in it, keeps everything for the next time, and forgets it when asked', async () => {
    const { url, env } = await ownSettings()
    const first = command(['dev'], env)
    expect(await first.seen(/^ready /)).toBe(`ready ${url}`)
    expect(first.lines.find((line) => line.includes(demo.email))).toContain(demo.password)
    const { status, visitor } = await signIn(url, demo)
    expect(status).toBe(200)
    expect((await visitor.send('GET', '/private')).status).toBe(200)
    expect((await visitor.send('GET', '/admin/')).status, 'demo is no administrator').toBe(403)
    const boss = await signIn(url, admin)
    expect((await boss.visitor.send('GET', '/api/me')).status).toBe(200)
    expect(await (await boss.visitor.send('GET', '/api/me')).json()).toMatchObject({ user: { roles: ['admin'] } })
    const email = newEmail()
    await newVisitor({ url }).send('POST', '/auth/v1/signup', { email, password: goodPassword })
    await expect.poll(() => inboxOf(url), { timeout: 10_000 }).toContain(email)
    await first.interrupt()
    await expect(fetch(url)).rejects.toThrow()
    expect(first.errors, 'ends without a complaint').toEqual([])

    const second = command(['dev'], env)
    await second.seen(/^ready /)
    expect((await visitor.send('GET', '/private')).status, 'still signed in').toBe(200)
    expect((await signIn(url, demo)).status).toBe(200)
    expect(await inboxOf(url)).toContain(email)
    await second.interrupt()

    const third = command(['dev', '--', '--reset'], env)
    await third.seen(/^ready /)
    expect((await visitor.send('GET', '/private')).status, 'signed in nowhere').toBe(401)
    expect(await inboxOf(url)).not.toContain(email)
    expect((await signIn(url, demo)).status, 'made anew').toBe(200)
  }, 180_000)

  it('protects a site that runs already, and takes changed settings at once, but no broken ones', async () => {
    const { url, dataDir, env } = await ownSettings()
    const configFile = join(dataDir, 'my-site.config.ts')
    writeFileSync(configFile, shipped)
    const run = command(['dev'], { ...env, PORTCULLIS_ORIGIN: await ownSite(), PORTCULLIS_CONFIG: configFile })
    await run.seen(/^ready /)
    const stranger = newVisitor({ url })
    expect((await stranger.send('GET', '/report')).status).toBe(401)
    const { visitor } = await signIn(url, demo)
    expect(await (await visitor.send('GET', '/report')).text()).toBe(`/report for ${demo.email}`)

    writeFileSync(configFile, shipped.replace("path: '/*', require: 'signed-in'", "path: '/*', require: 'public'"))
    await run.seen(/^reloaded in /)
    expect(await (await stranger.send('GET', '/report')).text()).toBe('/report for nobody')

    writeFileSync(configFile, 'export default {')
    await run.seen(/could not be bundled/)
    expect(await (await stranger.send('GET', '/report')).text(), 'goes on as it was').toBe('/report for nobody')
  }, 120_000)

  it('says in one sentence that its port is taken', async () => {
    const { env } = await ownSettings()
    const taken = new URL(await ownSite()).port
    await expectSentence(command(['dev'], { ...env, PORTCULLIS_PORT: taken }), `Port ${taken}`, 'PORTCULLIS_PORT')
  })

  it.each(['postgres/base', 'secrets.json'])(
    'says in one sentence that its data is damaged, and how to start afresh: %s',
    async (name) => {
      const { dataDir, env } = await ownSettings()
      mkdirSync(join(dataDir, 'postgres'))
      writeFileSync(join(dataDir, name), '{"DATA_KEY": "cut sho')
      await expectSentence(command(['dev'], env), 'damaged', 'npm run dev -- --reset')
      expect(readFileSync(join(dataDir, name), 'utf8'), 'is left for whoever wants to rescue it').toContain('cut sho')
    },
  )

  it('forgets only what is its own', async () => {
    const { dataDir, env } = await ownSettings()
    writeFileSync(join(dataDir, 'diary.txt'), 'dear me')
    const run = command(['dev', '--', '--reset'], env)
    await run.seen(/^ready /)
    expect(readFileSync(join(dataDir, 'diary.txt'), 'utf8')).toBe('dear me')
  }, 60_000)

  it.each([
    ['PORTCULLIS_ORIGIN', 'localhost:3000'],
    ['PORTCULLIS_CONFIG', 'nowhere.ts'],
    ['PORTCULLIS_PORT', 'http'],
  ])('names a setting that makes no sense: %s=%s', async (name, value) => {
    const { env } = await ownSettings()
    await expectSentence(command(['dev'], { ...env, [name]: value }), name)
  })
})

describe('npm run serve', () => {
  it('runs in production against the database it is given, without an inbox and without demo accounts', async () => {
    const { url, env } = await ownSettings()
    const databaseUrl = await createDatabase(inject('adminUrl'), `serve_${randomBytes(6).toString('hex')}`)
    const run = command(['serve'], { ...env, DATABASE_URL: databaseUrl })
    expect(await run.seen(/^ready /)).toBe(`ready ${url}`)
    expect(run.lines.join('\n')).not.toContain(demo.password)
    const stranger = newVisitor({ url })
    expect((await stranger.send('GET', '/auth/dev/inbox')).status).toBe(404)
    expect((await stranger.send('GET', '/public/about')).status).toBe(200)
    expect((await stranger.send('GET', '/private')).status).toBe(401)
    expect((await signIn(url, demo)).status).toBe(401)
    expect((await signIn(url, admin)).status).toBe(401)
  }, 120_000)
})

async function inboxOf(url: string): Promise<string> {
  return (await newVisitor({ url }).send('GET', '/auth/dev/inbox')).text()
}

/** A site that says whom it was asked for. */
async function ownSite(): Promise<string> {
  const server = createServer((request, response) => {
    response.end(`${request.url} for ${decodeURIComponent(String(request.headers['x-auth-email'] ?? 'nobody'))}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
