import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../../tools/dev/migrate.ts'
import { createDatabase } from '../../../tools/dev/postgres.ts'
import { testPostgres } from './database.ts'

let postgres: Awaited<ReturnType<typeof testPostgres>>
let directory: string
let url: string
let count = 0

beforeAll(async () => {
  postgres = await testPostgres()
}, 30_000)

afterAll(() => postgres.remove())

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-migrations-'))
  count += 1
  url = await createDatabase(postgres.adminUrl, `migrate_${count}`)
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

const write = (name: string, sql: string): void => writeFileSync(join(directory, name), sql)

const query = async (text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

it('applies each file once, in the order of the names', async () => {
  write('0002_b.sql', 'alter table a add column m int;--> statement-breakpoint\ncreate index on a (m);')
  write('0001_a.sql', 'create table a (n int);')
  expect(await migrate(url, { directory })).toEqual(['0001_a.sql', '0002_b.sql'])
  expect(await migrate(url, { directory })).toEqual([])
  write('0003_c.sql', 'insert into a values (1, 2)')
  expect(await migrate(url, { directory })).toEqual(['0003_c.sql'])
  expect(await query('select name, length(sha256) as length from portcullis_migrations order by name')).toEqual(
    ['0001_a.sql', '0002_b.sql', '0003_c.sql'].map((name) => ({ name, length: 64 })),
  )
})

it('lets many start at once, and only one applies', async () => {
  write('0001_a.sql', 'create table a (n int); insert into a values (1)')
  const done = await Promise.all(Array.from({ length: 8 }, () => migrate(url, { directory })))
  expect(done.flat()).toEqual(['0001_a.sql'])
  expect(await query('select n from a')).toEqual([{ n: 1 }])
})

it('leaves nothing of a file that fails, and all of those before it', async () => {
  write('0001_a.sql', 'create table a (n int)')
  write('0002_b.sql', 'create table b (n int); insert into nowhere values (1)')
  await expect(migrate(url, { directory })).rejects.toThrow(
    '0002_b.sql failed and was rolled back: relation "nowhere" does not exist.',
  )
  expect(await query('select name from portcullis_migrations')).toEqual([{ name: '0001_a.sql' }])
  expect(await query("select to_regclass('b') as b")).toEqual([{ b: null }])
})

it('notices a file that was changed afterwards, but not other line ends', async () => {
  write('0001_a.sql', 'create table a (\nn int)')
  await migrate(url, { directory })
  write('0001_a.sql', 'create table a (\r\nn int)')
  expect(await migrate(url, { directory })).toEqual([])
  write('0001_a.sql', 'create table a (\nn bigint)')
  await expect(migrate(url, { directory })).rejects.toThrow('0001_a.sql was changed after it had been applied')
})

it('says so when there is nothing to apply at all', async () => {
  await expect(migrate(url, { directory })).rejects.toThrow('There is no .sql file in')
})

describe('the command', () => {
  const run = (
    databaseUrl: string | undefined,
  ): Promise<{ code: number | string | null | undefined; stderr: string }> =>
    new Promise((done) => {
      const file = resolve(import.meta.dirname, '../../../tools/migrate.ts')
      const env = { PATH: process.env['PATH'], ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) }
      execFile(process.execPath, ['--no-warnings', file], { env }, (error, _stdout, stderr) =>
        done({ code: error?.code ?? 0, stderr }),
      )
    })

  it.each([
    ['no address', undefined, /^DATABASE_URL is not set[^\n]*\n$/],
    ['no connection string', 'nonsense', /^[^\n]+\n$/],
    ['no database there', 'postgres://me:secret@127.0.0.1:1/x', /^[^\n]+\n$/],
  ])('%s: one sentence and exit code 1', async (_name, databaseUrl, sentence) => {
    const { code, stderr } = await run(databaseUrl)
    expect(code).toBe(1)
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toContain('secret')
  })
})
