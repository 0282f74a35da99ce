// A change of DATA_KEY, from the two keys side by side to the new one alone: nobody loses their app or is signed out by it.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Tokens, refresh, tokenLogin } from '../support/oauth.ts'
import { type Person, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

const run = promisify(execFile)
let gateway: TestGateway
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-data-key-'))
  gateway = await startGateway()
})
afterAll(async () => {
  await gateway.stop()
  rmSync(folder, { recursive: true, force: true })
})

const newKey = (): string => randomBytes(32).toString('base64url')
const keys = (current: string, previous?: string): Record<string, string> => ({
  DATA_KEY: current,
  ...(previous === undefined ? {} : { DATA_KEY_PREVIOUS: previous }),
})
const restart = (given: Record<string, string>): Promise<void> => {
  const { DATA_KEY: _, ...others } = gateway.bindings
  return gateway.workerd.restart({ bindings: { ...others, ...given } })
}

/** What an operator types, with the keys in the file that the worker's secrets come from. */
async function reseal(given: Record<string, string>): Promise<string> {
  const file = join(folder, 'production.env')
  const lines = Object.entries({ ...given, DATABASE_URL: gateway.databaseUrl })
  writeFileSync(file, lines.map(([name, value]) => `${name}=${value}\n`).join(''))
  const { stdout } = await run('npm', ['run', '-s', 'portcullis', '--', 'data-key', 'reseal', '--file', file])
  return stdout.trim()
}

async function withApp(): Promise<{ readonly person: Person; readonly app: Authenticator }> {
  const person = await newPerson(gateway)
  const app = await enrol(person.visitor)
  await letTimePass(gateway, person)
  return { person, app }
}
async function signInWith({ email, password }: Person, factor: Record<string, string>): Promise<number> {
  const visitor = newVisitor(gateway)
  const half = (await (await visitor.send('POST', '/auth/v1/login', { email, password })).json()) as {
    mfa_token: string
  }
  return (await visitor.send('POST', '/auth/v1/mfa/verify', { mfa_token: half.mfa_token, ...factor })).status
}
const refreshed = async (token: string): Promise<Tokens> => {
  const answer = await refresh(gateway, token)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

describe('a change of DATA_KEY', () => {
  it('costs neither apps nor refresh tokens, and ends when nothing is left under the key before', async () => {
    const before = gateway.bindings['DATA_KEY'] ?? ''
    const next = newKey()
    const { person, app } = await withApp()
    const [other, held] = [await newPerson(gateway), newVisitor(gateway)]
    const first = await tokenLogin(held, other)
    const kept = await tokenLogin(newVisitor(gateway), other)
    await restart(keys(next, before))
    const second = await refreshed(first.refresh_token)
    // Asked again, as by a client that lost the answer.
    expect((await refresh(gateway, first.refresh_token)).status).toBe(200)
    // Signed in without the app: their secret waits for nobody.
    const backup = { method: 'backup_code', code: app.backupCodes[0] ?? '' }
    expect(await signInWith(person, backup)).toBe(200)
    expect(await reseal(keys(next, before))).toBe('sealed anew: 1; left under another key: 0')
    expect(await reseal(keys(next, before))).toBe('sealed anew: 0; left under another key: 0')
    await restart(keys(next))
    expect(await signInWith(person, { method: 'totp', code: totpCode(app.secret) })).toBe(200)
    const third = await refreshed(second.refresh_token)
    expect((await refresh(gateway, third.refresh_token)).status).toBe(200)
    // What was never used since is of the key before, which is gone.
    expect((await refresh(gateway, kept.refresh_token)).status).toBe(400)
    await restart({ DATA_KEY: before })
  })

  it('that took the key before away too early says so, keeps other factors, and can be mended', async () => {
    const before = gateway.bindings['DATA_KEY'] ?? ''
    const next = newKey()
    await gateway.sql('delete from totp_credentials')
    const { person, app } = await withApp()
    await restart(keys(next))
    expect(await signInWith(person, { method: 'totp', code: totpCode(app.secret) })).toBe(503)
    expect(gateway.workerd.logs().join('\n')).toContain('DATA_KEY_PREVIOUS is missing')
    expect(await signInWith(person, { method: 'backup_code', code: app.backupCodes[0] ?? '' })).toBe(200)
    expect(await reseal(keys(next))).toBe('sealed anew: 0; left under another key: 1')
    expect(await reseal(keys(next, newKey()))).toBe('sealed anew: 0; left under another key: 1')
    expect(await reseal(keys(next, before))).toBe('sealed anew: 1; left under another key: 0')
    expect(await signInWith(person, { method: 'totp', code: totpCode(app.secret) })).toBe(200)
    await restart({ DATA_KEY: before })
  })
})
