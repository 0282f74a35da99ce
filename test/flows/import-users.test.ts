// People of an existing site, imported from the command line: they sign in with the passwords they have.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { legacyVectors } from '../support/legacy-vectors.ts'
import { newEmail, newPerson } from '../support/people.ts'
import { bundleWith, withoutDelay } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'

const run = promisify(execFile)
let gateway: TestGateway
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-import-'))
  gateway = await startGateway({ bundle: bundleWith(withoutDelay) })
})
afterAll(async () => {
  await gateway.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function importing(name: string, text: string, ...args: readonly string[]): Promise<Outcome> {
  const file = join(folder, name)
  writeFileSync(file, text)
  const env = { ...process.env, DATABASE_URL: gateway.databaseUrl }
  try {
    return {
      code: 0,
      ...(await run('npm', ['run', '-s', 'portcullis', '--', 'users', 'import', file, ...args], { env })),
    }
  } catch (error) {
    return error as Outcome
  }
}

const lines = (...values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join('\n')
const count = async (): Promise<unknown> =>
  (await gateway.sql('select count(*)::integer as users from users'))[0]?.['users']
const logIn = async (email: string, password: string): Promise<number> =>
  (await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password })).status
const hashOf = async (email: string): Promise<unknown> =>
  (
    await gateway.sql('select hash from password_credentials c join users u on u.id = c.user_id where email = $1', [
      email,
    ])
  )[0]?.['hash']
const [first] = legacyVectors
if (first === undefined) throw new Error('no vectors')

describe('npm run portcullis -- users import', () => {
  it('imports people whose passwords go on, and become ours when they are used', async () => {
    const people = legacyVectors.map((vector) => ({ ...vector, email: newEmail() }))
    const text = lines(
      ...people.map(({ email, hash }) => ({ email, password_hash: hash, email_verified: true, name: 'Old' })),
    )
    const outcome = await importing('people.jsonl', text)
    expect([outcome.code, outcome.stdout]).toEqual([0, `imported ${people.length}; here already: 0\n`])
    expect(outcome.stderr).toContain(`${people.length} of ${people.length} people`)
    for (const { from, email, password } of people) {
      expect([from, await logIn(email, `${password}x`)]).toEqual([from, 401])
      expect([from, await logIn(email, password)]).toEqual([from, 200])
      expect(await hashOf(email)).toMatch(/^v1\$argon2id/)
      expect([from, await logIn(email, password)]).toEqual([from, 200])
    }
    const rows = await gateway.sql("select count(*)::integer as events from audit_events where type = 'user.imported'")
    expect(rows).toEqual([{ events: people.length }])
    expect(JSON.stringify(await gateway.sql('select * from audit_events'))).not.toContain(first.hash.slice(10))
  })

  it('can be run again: who is here, or was deleted, stays as they are', async () => {
    const [person, gone, fresh] = [await newPerson(gateway), await newPerson(gateway), newEmail()]
    await gateway.sql('update users set deleted_at = now() where id = $1', [gone.userId])
    const before = await hashOf(person.email)
    const text = lines(
      { email: person.email.toUpperCase(), password_hash: first.hash, roles: ['admin'] },
      { email: gone.email, password_hash: first.hash },
      { email: fresh, password_hash: first.hash },
    )
    expect((await importing('again.jsonl', text)).stdout).toBe('imported 1; here already: 2\n')
    expect((await importing('again.jsonl', text)).stdout).toBe('imported 0; here already: 3\n')
    expect(await hashOf(person.email)).toBe(before)
    expect(await gateway.sql('select roles from users where id = $1', [person.userId])).toEqual([{ roles: [] }])
    expect(await logIn(gone.email, first.password)).toBe(401)
  })

  it('reads CSV as others write it', async () => {
    const [one, two] = [newEmail(), newEmail()]
    const text = `\uFEFFemail,name,password_hash,email_verified,roles\r\n${one},"Last, ""First""\nof two lines",${first.hash},TRUE,admin editor\r\n\r\n${two},,,,\r\n`
    expect((await importing('people.csv', text)).stdout).toBe('imported 2; here already: 0\n')
    const rows = await gateway.sql(
      'select name, roles, email_verified_at is not null as proven from users where email = any($1) order by name nulls last',
      [[one, two]],
    )
    expect(rows).toEqual([
      { name: 'Last, "First"\nof two lines', roles: ['admin', 'editor'], proven: true },
      { name: null, roles: [], proven: false },
    ])
    expect(await logIn(one, first.password)).toBe(200)
  })

  it('takes addresses as proven where that is said for all', async () => {
    const [one, two] = [newEmail(), newEmail()]
    await importing('proven.jsonl', lines({ email: one }, { email: two, email_verified: false }), '--verified')
    const rows = await gateway.sql('select email from users where email = any($1) and email_verified_at is not null', [
      [one, two],
    ])
    expect(rows).toEqual([{ email: one }])
  })

  it('imports nothing of a file with a mistake, and names each by its line and not by its text', async () => {
    const before = await count()
    const twice = newEmail()
    const text = [
      JSON.stringify({ email: newEmail() }),
      JSON.stringify({ email: twice }),
      '',
      JSON.stringify({ email: 'secret-text' }),
      '{"email":',
      JSON.stringify({ email: newEmail(), password_hash: 'secret-text' }),
      JSON.stringify({
        email: newEmail(),
        password_hash: '$2b$31$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS',
      }),
      JSON.stringify({ email: newEmail(), passwort: 'secret-text' }),
      JSON.stringify({ email: twice.toUpperCase() }),
      JSON.stringify({ email: newEmail(), email_verified: 'secret-text' }),
    ].join('\n')
    const { code, stderr, stdout } = await importing('wrong.jsonl', text)
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toEqual([
      'Nothing is imported: 7 of 9 lines are wrong.',
      'line 4: email: email_invalid',
      'line 5: not an object',
      'line 6: password_hash: a form of hash that is not known',
      'line 7: password_hash: too costly to compare with',
      'line 8: unknown field "passwort"',
      'line 9: the address of line 2 again',
      'line 10: email_verified: true or false',
    ])
    expect(`${stderr}${stdout}`).not.toContain('secret-text')
    expect(await count()).toBe(before)
  })

  it('imports all of a big file or nothing: a fault in its last part takes the first back', async () => {
    const before = await count()
    const people = Array.from({ length: 1200 }, () => ({ email: newEmail() }))
    await gateway.sql(
      `create function refuse_last() returns trigger language plpgsql as $$ begin
        if new.email = '${people[1100]?.email}' then raise exception 'no'; end if; return new; end $$`,
    )
    await gateway.sql('create trigger refuse before insert on users for each row execute function refuse_last()')
    expect((await importing('big.jsonl', lines(...people))).code).toBe(1)
    expect(await count()).toBe(before)
    await gateway.sql('drop trigger refuse on users')
    expect((await importing('big.jsonl', lines(...people))).stdout).toBe('imported 1200; here already: 0\n')
  })
})
