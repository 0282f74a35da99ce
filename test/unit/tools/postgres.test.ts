import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase, startPostgres } from '../../../tools/dev/postgres.ts'
import { testPostgres } from './database.ts'

let postgres: Awaited<ReturnType<typeof testPostgres>>

const query = async (url: string, text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

beforeAll(async () => {
  postgres = await testPostgres()
}, 30_000)

afterAll(() => postgres.remove())

it('keeps what was committed over a stop and over a hard end', async () => {
  await query(postgres.url, 'create table kept (n int)')
  await postgres.restart()
  await query(postgres.url, 'insert into kept values (1)')
  await postgres.kill()
  await expect(query(postgres.url, 'select 1')).rejects.toThrow()
  await postgres.restart()
  expect(await query(postgres.url, 'select n from kept')).toEqual([{ n: 1 }])
})

it('starts although the lock of a killed server names a process that lives', async () => {
  await postgres.kill()
  const folder = await dataFolder()
  writeFileSync(join(folder, 'postmaster.pid'), `${process.pid}\n${folder}\n`)
  await postgres.restart()
  expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

it('makes databases, empty ones and copies', async () => {
  const first = await createDatabase(postgres.adminUrl, 'first one')
  await query(first, 'create table t as select 7 as n')
  const copy = await createDatabase(postgres.adminUrl, 'copy', 'first one')
  expect(await query(copy, 'select n from t')).toEqual([{ n: 7 }])
})

it('folds the case of all letters, as Neon does', async () => {
  expect(await query(postgres.url, "select lower('ÄÉ') as text")).toEqual([{ text: 'äé' }])
})

it('says what to do about a damaged folder', async () => {
  const folder = join(tmpdir(), `portcullis-damaged-${process.pid}`)
  const broken = await startPostgres({ dataDir: folder, fsync: false })
  await broken.stop()
  try {
    for (const file of ['global/pg_control', 'PG_VERSION']) {
      rmSync(join(folder, file))
      const error = await startPostgres({ dataDir: folder }).then(
        () => new Error('started'),
        (reason: Error) => reason,
      )
      expect(error.message).toContain(folder)
      expect(error.message).toContain('npm run dev -- --reset')
      expect(error.message).not.toContain('\n')
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 15_000)

let folderOf: string | undefined
const dataFolder = async (): Promise<string> => {
  if (folderOf !== undefined) return folderOf
  await postgres.restart()
  const [row] = (await query(postgres.url, "select current_setting('data_directory') as folder")) as {
    folder: string
  }[]
  await postgres.kill()
  folderOf = row?.folder ?? ''
  return folderOf
}
