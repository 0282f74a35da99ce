// A published application that nobody wrote for this gateway: TiddlyWiki, told by its own option which header names the user.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { endChild, startChild } from '../../tools/dev/children.ts'
import { freePort } from '../../tools/dev/ports.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const program = createRequire(import.meta.url).resolve('tiddlywiki/tiddlywiki.js')
const folder = mkdtempSync(join(tmpdir(), 'portcullis-wiki-'))

let wiki: ChildProcess
let wikiUrl: string
let gateway: TestGateway
beforeAll(async () => {
  const port = await freePort()
  wikiUrl = `http://127.0.0.1:${port}`
  await once(run('wiki', '--init', 'server'), 'exit')
  wiki = run(
    'wiki',
    '--listen',
    `port=${port}`,
    'host=127.0.0.1',
    'authenticated-user-header=x-auth-email',
    'readers=(authenticated)',
    'writers=(authenticated)',
  )
  await vi.waitFor(() => fetch(wikiUrl), { timeout: 30_000, interval: 100 })
  gateway = await startGateway({ originUrl: wikiUrl })
})
afterAll(async () => {
  await gateway.stop()
  await endChild(wiki, 'SIGTERM', 2000)
  rmSync(folder, { recursive: true, force: true })
})

function run(...args: readonly string[]): ChildProcess {
  const options = { cwd: folder, stdio: 'ignore', endSignal: 'KILL' } as const
  return startChild(process.execPath, ['--no-warnings', program, ...args], options)
}

const note = '/recipes/default/tiddlers/Shopping'

describe('an application that takes its user from a header', () => {
  it('knows everybody who signed in at the gateway, each as themselves', async () => {
    for (const person of [await newPerson(gateway), await newPerson(gateway)]) {
      const status = await person.visitor.send('GET', '/status')
      expect(await status.json()).toMatchObject({ username: person.email, anonymous: false, read_only: false })
    }
  })

  it('is reached by nobody who has not signed in, whatever name they claim', async () => {
    const claims = {
      'x-auth-email': 'boss@example.com',
      'X-AUTH-EMAIL': 'boss@example.com',
      x_auth_email: 'boss@example.com',
    }
    expect(
      (await fetch(`${wikiUrl}/status`, { headers: claims })).status,
      'the application itself believes anybody',
    ).toBe(200)
    const answer = await newVisitor(gateway).send('GET', '/status', undefined, claims)
    expect([answer.status, answer.headers.get('x-portcullis-response')]).toEqual([401, 'unauthenticated'])
    const { visitor, email } = await newPerson(gateway)
    expect(await (await visitor.send('GET', '/status', undefined, claims)).json()).toMatchObject({ username: email })
  })

  it('works as before: pages, writing and reading go through unchanged', async () => {
    const { visitor } = await newPerson(gateway)
    const page = await visitor.open('/status')
    expect(page.status).toBe(200)
    const tiddler = { title: 'Shopping', text: 'Milk & ünïcödé' }
    const written = await visitor.send('PUT', note, tiddler, { 'x-requested-with': 'TiddlyWiki' })
    expect([written.status, written.headers.get('etag')]).toEqual([204, expect.stringContaining('Shopping')])
    expect(await (await visitor.send('GET', note)).json()).toMatchObject(tiddler)
    expect(await (await fetch(wikiUrl + note, { headers: { 'x-auth-email': 'direct' } })).json()).toMatchObject(tiddler)
    const removed = await visitor.send('DELETE', '/bags/default/tiddlers/Shopping', undefined, {
      'x-requested-with': 'TiddlyWiki',
    })
    expect(removed.status).toBe(204)
    expect((await visitor.send('GET', note)).status).toBe(404)
  })

  it('hears no more of somebody who signed out', async () => {
    const { visitor } = await newPerson(gateway)
    expect((await visitor.send('GET', '/status')).status).toBe(200)
    await visitor.change('POST', '/auth/v1/logout')
    expect((await visitor.send('GET', '/status')).status).toBe(401)
  })
})
