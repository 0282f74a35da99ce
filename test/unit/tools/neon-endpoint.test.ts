import { neon, type NeonDbError, neonConfig } from '@neondatabase/serverless'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type NeonEndpoint, startNeonEndpoint } from '../../../tools/dev/neon-endpoint.ts'
import { testPostgres } from './database.ts'

let postgres: Awaited<ReturnType<typeof testPostgres>>
let endpoint: NeonEndpoint

beforeAll(async () => {
  postgres = await testPostgres()
  endpoint = await startNeonEndpoint()
  neonConfig.fetchEndpoint = endpoint.url
  await neon(postgres.url)`create table thing (id int constraint thing_id primary key, note text)`
}, 30_000)

afterAll(async () => {
  await endpoint.stop()
  await postgres.remove()
})

beforeEach(async () => {
  await neon(postgres.url)`delete from thing`
})

const failure = (promise: Promise<unknown>): Promise<NeonDbError> =>
  promise.then(
    () => Promise.reject(new Error('it should have failed')),
    (error: NeonDbError) => error,
  )

describe('the driver that production uses', () => {
  it('gets values of every usual type', async () => {
    const sql = neon(postgres.url)
    const rows = await sql`select 1 as number, 9007199254740993::int8 as big, ${'a"\n\\é😀'}::text as text, true as yes,
      null as nothing, '{"a":[1]}'::jsonb as json, ${[1, 2]}::int[] as list, '\\x00ff'::bytea as bytes`
    expect(rows).toEqual([
      {
        number: 1,
        big: '9007199254740993',
        text: 'a"\n\\é😀',
        yes: true,
        nothing: null,
        json: { a: [1] },
        list: [1, 2],
        bytes: Buffer.from([0, 255]),
      },
    ])
  })

  it('gets full results and rows as lists', async () => {
    const sql = neon(postgres.url, { fullResults: true, arrayMode: true })
    const result = await sql`insert into thing values (1, 'x') returning *`
    expect(result).toMatchObject({ command: 'INSERT', rowCount: 1, rows: [[1, 'x']] })
    expect(result.fields).toMatchObject([
      { name: 'id', dataTypeID: 23 },
      { name: 'note', dataTypeID: 25 },
    ])
  })

  it('gets the code, the constraint and the detail of an error', async () => {
    const sql = neon(postgres.url)
    await sql`insert into thing values (1)`
    expect(await failure(sql`insert into thing values (1)`)).toMatchObject({
      code: '23505',
      constraint: 'thing_id',
      table: 'thing',
      severity: 'ERROR',
      detail: 'Key (id)=(1) already exists.',
    })
    expect(await failure(sql`selct 1`)).toMatchObject({ code: '42601', position: '1' })
  })

  it('cannot send two statements as one', async () => {
    const sql = neon(postgres.url)
    expect(await failure(sql.query('insert into thing values (1); insert into thing values (2)'))).toMatchObject({
      code: '42601',
    })
    expect(await sql`select * from thing`).toEqual([])
  })

  it('runs a batch as one transaction', async () => {
    const sql = neon(postgres.url)
    const failed = await failure(
      sql.transaction([sql`insert into thing values (1)`, sql`insert into thing values (1)`]),
    )
    expect(failed).toMatchObject({ code: '23505' })
    expect(await sql`select * from thing`).toEqual([])

    const results = await sql.transaction([
      sql`insert into thing values (1)`,
      sql`select count(*)::int as count from thing`,
    ])
    expect(results).toEqual([[], [{ count: 1 }]])
  })

  it('sets the isolation level and the mode of a batch', async () => {
    const sql = neon(postgres.url)
    const [level] = await sql.transaction([sql`select current_setting('transaction_isolation') as level`], {
      isolationLevel: 'Serializable',
    })
    expect(level).toEqual([{ level: 'serializable' }])
    expect(await failure(sql.transaction([sql`insert into thing values (1)`], { readOnly: true }))).toMatchObject({
      code: '25006',
    })
  })
})

describe('the protocol itself', () => {
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(endpoint.url, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'neon-connection-string': postgres.url, ...headers },
    })

  it('answers with objects and JSON values unless told otherwise', async () => {
    const response = await post({ query: 'select 1 as one, true as yes, now() is null as no', params: [] })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ rowAsArray: false, rows: [{ one: 1, yes: true, no: false }] })
  })

  it.each([
    ['no JSON', '{'],
    ['no query', { params: [] }],
    ['params that are no list', { query: 'select 1', params: 'x' }],
    ['queries that are no list', { queries: 'x' }],
  ])('refuses %s', async (_name, body) => {
    expect((await post(body)).status).toBe(400)
  })

  it('refuses a missing connection string and other paths', async () => {
    expect((await fetch(endpoint.url, { method: 'POST', body: '{}' })).status).toBe(400)
    expect((await fetch(endpoint.url)).status).toBe(404)
  })

  it('says 400 to a wrong password and 500 to a database that is not there', async () => {
    const wrong = new URL(postgres.url)
    wrong.password = 'wrong'
    const refused = await post({ query: 'select 1' }, { 'neon-connection-string': wrong.href })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ code: '28P01' })

    const gone = await post({ query: 'select 1' }, { 'neon-connection-string': 'postgres://a:b@127.0.0.1:1/c' })
    expect(gone.status).toBe(500)
    expect(await gone.json()).toHaveProperty('message')
  })

  it('never holds more than 20 connections, and takes more requests than that', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        post({ query: 'select count(*)::int as n, pg_sleep(0.02) from pg_stat_activity where usename = current_user' }),
      ),
    )
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { rows: { n: number }[] }[]
    expect(Math.max(...bodies.map(({ rows }) => rows[0]?.n ?? 99))).toBeLessThan(30)
  })

  it('ends the statement of a client that went away', async () => {
    const gone = new AbortController()
    const waiting = fetch(endpoint.url, {
      method: 'POST',
      body: JSON.stringify({ query: 'select pg_sleep(60) as abandoned' }),
      headers: { 'neon-connection-string': postgres.url },
      signal: gone.signal,
    }).catch(() => 'gone')
    await new Promise((resolve) => setTimeout(resolve, 100))
    gone.abort()
    expect(await waiting).toBe('gone')
    const sql = neon(postgres.url)
    await expect
      .poll(
        () =>
          sql`select 1 from pg_stat_activity where query like '%as abandoned' and state = 'active' and pid <> pg_backend_pid()`,
        {
          timeout: 5000,
        },
      )
      .toEqual([])
  })
})

describe('a database that stops', () => {
  it.each(['stop', 'kill'] as const)('%s: an error at once, and all is well when it is back', async (how) => {
    const sql = neon(postgres.url)
    await Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.01)`))
    const running = failure(sql`select pg_sleep(30)`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await postgres[how]()
    expect((await running).message).toMatch(/^Server error \(HTTP status 500\)/)
    const before = performance.now()
    expect((await failure(sql`select 1`)).message).toMatch(/^Server error \(HTTP status 500\)/)
    expect(performance.now() - before).toBeLessThan(1000)
    await postgres.restart()
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  })
})
