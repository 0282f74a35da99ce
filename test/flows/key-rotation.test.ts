// The keys that sign tokens are rotated while people work: the old worker and the new one serve side by side, verifiers
// have the key set of before, and nothing is refused.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type JSONWebKeySet, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestClient, type Tokens, basic, newClient, post, refresh, tokenLogin } from '../support/oauth.ts'
import { type Person, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const run = promisify(execFile)
const portcullis = (...args: readonly string[]) => run('npm', ['run', '-s', 'portcullis', '--', ...args])

let folder: string
let before: TestGateway
let person: Person
let service: TestClient
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-keys-'))
  before = await startGateway()
  person = await newPerson(before)
  service = await newClient(before)
})
afterAll(async () => {
  await before.stop()
  rmSync(folder, { recursive: true, force: true })
})

const keysAt = async ({ url }: { url: string }): Promise<JSONWebKeySet> =>
  (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as JSONWebKeySet

/** What an operator does: the file of secrets, the command, and the next version of the worker with what it wrote. */
async function rotated(): Promise<string> {
  const file = join(folder, '.env.production')
  writeFileSync(file, `MODE=production\nTOKEN_KEYS='${before.bindings['TOKEN_KEYS']}'\nDATA_KEY=x\n`, { mode: 0o600 })
  await expect(portcullis('keys', 'rotate', '--file', file, '--rsa', '2048')).rejects.toMatchObject({
    stderr: expect.stringContaining('verifiers may not have seen it') as string,
  })
  const aged = readFileSync(file, 'utf8').replace(/"since":"[^"]+"/g, '"since":"2026-01-01T00:00:00.000Z"')
  writeFileSync(file, aged)
  const { stdout } = await portcullis('keys', 'rotate', '--file', file, '--rsa', '2048')
  expect(stdout).toMatch(/previous \S+\nactive \S+\nnext \S+\n.*wrangler secret bulk/)
  expect((await portcullis('keys', 'list', '--file', file)).stdout).toMatch(/^previous .*\nactive .*\nnext /)
  const text = readFileSync(file, 'utf8')
  expect([text.startsWith('MODE=production\n'), text.endsWith('\nDATA_KEY=x\n'), statSync(file).mode & 0o777]).toEqual([
    true,
    true,
    0o600,
  ])
  return /^TOKEN_KEYS='(.*)'$/m.exec(text)?.[1] ?? ''
}

describe('a rotation under load', () => {
  it('refuses nothing: neither worker, nor a verifier with the keys of before', async () => {
    const stale = createLocalJWKSet(await keysAt(before))
    const { PUBLIC_URL = '', DATA_KEY = '', PASSWORD_PEPPER = '' } = before.bindings
    const doors = [before]
    const kids = new Map<string | undefined, number>()
    const refused: unknown[] = []
    /** By front door: whose tokens opened the site there. */
    const admitted = new Map<string, Set<string | undefined>>()
    const over = new AbortController()

    /** Whichever worker a request happens to meet issued the token, and whichever it happens to meet judges it. */
    const door = (): TestGateway => doors[Math.floor(Math.random() * doors.length)] ?? before
    async function work(): Promise<void> {
      let tokens: Tokens = await tokenLogin(newVisitor(before), person)
      while (!over.signal.aborted) {
        const answer = await refresh(door(), tokens.refresh_token)
        if (answer.status !== 200) return void refused.push(await answer.text())
        tokens = (await answer.json()) as Tokens
        const { kid } = decodeProtectedHeader(tokens.access_token)
        kids.set(kid, (kids.get(kid) ?? 0) + 1)
        await jwtVerify(tokens.access_token, stale, { issuer: PUBLIC_URL, typ: 'at+jwt' }).catch((error: unknown) =>
          refused.push(error),
        )
        const asked = await post(
          door(),
          'introspect',
          { token: tokens.access_token },
          basic(service.id, service.secret),
        )
        const { active } = (await asked.json()) as { active: boolean }
        if (!active) refused.push('inactive')
        for (const { url } of [...doors]) {
          const opened = await newVisitor({ url }).send('GET', '/private', undefined, {
            authorization: `Bearer ${tokens.access_token}`,
          })
          if (opened.status === 200) admitted.set(url, (admitted.get(url) ?? new Set()).add(kid))
          else refused.push(`${opened.status} at the site`)
        }
      }
    }

    const workers = Array.from({ length: 4 }, work)
    const TOKEN_KEYS = await rotated()
    const after = await startGateway({
      databaseUrl: before.databaseUrl,
      bindings: { PUBLIC_URL, DATA_KEY, PASSWORD_PEPPER, TOKEN_KEYS },
    })
    try {
      const countOf = (set: Map<string | undefined, number>): number => Math.min(...set.values())
      doors.push(after)
      await expect
        .poll(() => (kids.size === 2 ? countOf(kids) : 0), { timeout: 30_000, interval: 50 })
        .toBeGreaterThan(20)
      // The old version is gone; what it signed is still good.
      doors.shift()
      const last = [...kids.values()].reduce((sum, count) => sum + count, 0)
      await expect
        .poll(() => [...kids.values()].reduce((sum, count) => sum + count, 0), { timeout: 30_000, interval: 50 })
        .toBeGreaterThan(last + 20)
      over.abort()
      await Promise.all(workers)
      expect(refused).toEqual([])
      for (const { url } of [before, after]) expect(admitted.get(url)).toEqual(new Set(kids.keys()))
      const published = (await keysAt(after)).keys.map(({ kid }) => kid)
      expect([...kids.keys()].every((kid) => published.includes(kid))).toBe(true)
      expect(JSON.stringify(await keysAt(after))).not.toMatch(/"(?:d|p|q|dp|dq|qi)":/)
    } finally {
      over.abort()
      await after.stop()
    }
  })
})
