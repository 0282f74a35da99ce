// The database goes away, hangs, or loses an answer: who is in stays in, nobody gets in, nothing is lost or done twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type OwnDatabase, startOwnDatabase } from '../support/own-database.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'
import { timed } from '../support/within.ts'

const loginBoundMs = 1500
const requestBoundMs = 2000
/** What a login takes besides waiting, on a machine that has other work. */
const hashingMs = 800
const answeringMs = 750
const recoveryMs = 10_000

let database: OwnDatabase
let proxy: DatabaseProxy
let gateway: TestGateway
beforeAll(async () => {
  ;[database, proxy] = await Promise.all([startOwnDatabase(), startDatabaseProxy()])
  gateway = await startGateway({ databaseUrl: database.url, bindings: { DATABASE_ENDPOINT: proxy.url } })
})
afterAll(async () => {
  await gateway.stop()
  await proxy.stop()
  await database.stop()
})

const tryLogin = (person: Person, password = person.password): Promise<Response> =>
  newVisitor(gateway).send('POST', '/auth/v1/login', { email: person.email, password })

/** Signed in and seen: what the gateway calls proven. */
async function provenPerson(): Promise<Person> {
  await recovered()
  const person = await newPerson(gateway)
  expect((await person.visitor.send('GET', '/private')).status).toBe(200)
  return person
}

async function recovered(): Promise<void> {
  await expect
    .poll(async () => (await newVisitor(gateway).send('GET', '/readyz')).status, { timeout: recoveryMs, interval: 100 })
    .toBe(200)
}

async function trailOf(requestIds: readonly (string | null)[]): Promise<unknown[]> {
  return gateway.sql('select request_id from audit_events where request_id = any($1) order by request_id', [requestIds])
}

describe('a database that is killed', () => {
  it('leaves proven sessions in, refuses logins in time, loses no event, and is taken up again within ten seconds', async () => {
    const person = await provenPerson()
    const denied: (string | null)[] = []
    denied.push((await tryLogin(person, 'not the password')).headers.get('x-request-id'))
    await database.kill()
    try {
      for (let round = 0; round < 8; round += 1) {
        const login = await timed(tryLogin(person))
        expect([login.value.status, login.value.headers.get('retry-after')]).toEqual([503, '5'])
        expect(login.ms).toBeLessThan(loginBoundMs)
        expect((await person.visitor.send('GET', '/private')).status).toBe(200)
        const refused = await person.visitor.send('GET', '/admin/x')
        expect(refused.status).toBe(403)
        denied.push(refused.headers.get('x-request-id'))
      }
      const stranger = newVisitor(gateway)
      expect((await stranger.send('GET', '/private')).status).toBe(401)
      expect((await stranger.send('GET', '/healthz')).status).toBe(200)
      expect((await stranger.send('GET', '/readyz')).status).toBe(503)
    } finally {
      await database.restart()
    }
    await expect.poll(async () => (await tryLogin(person)).status, { timeout: recoveryMs, interval: 250 }).toBe(200)
    const expected = denied.toSorted().map((id) => ({ request_id: id }))
    await expect.poll(() => trailOf(denied), { timeout: recoveryMs, interval: 100 }).toEqual(expected)
  })

  it('never lets in a session it was not asked about lately', async () => {
    const person = await provenPerson()
    const unseen = await signInAgain(gateway, person)
    await database.kill()
    try {
      const answer = await unseen.send('GET', '/private')
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    } finally {
      await database.restart()
    }
    await expect
      .poll(async () => (await unseen.send('GET', '/private')).status, { timeout: recoveryMs, interval: 250 })
      .toBe(200)
  })
})

describe('a database that hangs', () => {
  it('is waited for within bounds, and no longer at all once it is known', async () => {
    const person = await provenPerson()
    proxy.mode('hang')
    try {
      for (let round = 0; round < 8; round += 1) {
        const login = await timed(tryLogin(person))
        expect(login.value.status).toBe(503)
        expect(login.ms).toBeLessThan(loginBoundMs)
      }
      // Five failures open the breaker; a probe may follow after five seconds.
      expect(proxy.statements().length).toBeLessThanOrEqual(6)
      expect((await timed(person.visitor.send('GET', '/auth/v1/sessions'))).ms).toBeLessThan(
        requestBoundMs + answeringMs,
      )
      expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    } finally {
      proxy.mode('pass')
    }
    await expect.poll(async () => (await tryLogin(person)).status, { timeout: recoveryMs, interval: 250 }).toBe(200)
  })

  it('is reported as not ready within the bound of a query, and the gateway as alive', async () => {
    await recovered()
    proxy.mode('hang')
    try {
      const ready = await timed(newVisitor(gateway).send('GET', '/readyz'))
      expect([ready.value.status, await ready.value.json()]).toMatchObject([503, { code: 'database_unavailable' }])
      expect(proxy.statements().length).toBe(1)
      expect(ready.ms).toBeLessThan(loginBoundMs)
      expect((await newVisitor(gateway).send('GET', '/healthz')).status).toBe(200)
    } finally {
      proxy.mode('pass')
    }
    await recovered()
  })

  it('still lets people sign out, for good', async () => {
    const { visitor, userId } = await provenPerson()
    const cookie = visitor.cookies.get('__Host-portcullis') ?? ''
    proxy.mode('hang')
    try {
      const out = await timed(visitor.change('POST', '/auth/v1/logout'))
      expect(out.value.status).toBe(204)
      expect(out.ms).toBeLessThan(requestBoundMs + answeringMs)
      visitor.cookies.set('__Host-portcullis', cookie)
      expect((await visitor.send('GET', '/private')).status).not.toBe(200)
    } finally {
      proxy.mode('pass')
    }
    expect((await visitor.send('GET', '/private')).status).not.toBe(200)
    const trail = (): Promise<unknown> =>
      gateway.sql("select type from audit_events where user_id = $1 and type = 'session.ended'", [userId])
    await expect.poll(trail, { timeout: recoveryMs, interval: 100 }).toEqual([{ type: 'session.ended' }])
    expect((await visitor.send('GET', '/private')).status).not.toBe(200)
  })
})

describe('ending all other sessions while the database is away', () => {
  it('ends every one of them at once, and counts those the gateway has seen, each once', async () => {
    const person = await provenPerson()
    const others = [await signInAgain(gateway, person), await signInAgain(gateway, person)]
    const unseen = await signInAgain(gateway, person)
    for (const other of others) expect((await other.send('GET', '/private')).status).toBe(200)
    const revoke = (): Promise<Response> => person.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')
    proxy.mode('refuse', /update sessions set ended_at/)
    try {
      const first = await revoke()
      expect([first.status, await first.json()]).toEqual([200, { revoked: 2 }])
      expect(await (await revoke()).json()).toEqual({ revoked: 0 })
      // A lease may vouch for a second.
      for (const other of [...others, unseen])
        await expect.poll(async () => (await other.send('GET', '/private')).status, { timeout: 2000 }).toBe(401)
      expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    } finally {
      proxy.mode('pass')
    }
    const live = (): Promise<unknown[]> =>
      gateway.sql('select 1 from sessions where user_id = $1 and ended_at is null', [person.userId])
    await expect.poll(async () => (await live()).length, { timeout: recoveryMs, interval: 100 }).toBe(1)
  })
})

describe('an answer of the database that is lost after the change was made', () => {
  it('is asked for again: the change happens once, is recorded once, and is reported as it was', async () => {
    const person = await provenPerson()
    await signInAgain(gateway, person)
    proxy.mode('cut-once', /update sessions set ended_at/)
    const answer = await person.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')
    expect(proxy.statements().filter((statement) => statement.includes('update sessions set ended_at')).length).toBe(2)
    proxy.mode('pass')
    expect(await answer.json()).toEqual({ revoked: 1 })
    const events = await gateway.sql("select reason from audit_events where user_id = $1 and type = 'session.ended'", [
      person.userId,
    ])
    expect(events.length).toBe(1)
  })
})

describe('a request that asks a slow database several times', () => {
  it('waits for two seconds in all, and says that it does not work just now', async () => {
    const { visitor, email, password } = await provenPerson()
    const { csrf_token: token } = (await (await visitor.send('GET', '/auth/v1/csrf')).json()) as { csrf_token: string }
    // No object knows the session any more, and the database counts as awake.
    await gateway.workerd.restart()
    await recovered()
    proxy.mode({ delayMs: 900 })
    try {
      // Who is it, is the password right, a new session, the end of the one before: four questions.
      const login = await timed(visitor.send('POST', '/auth/v1/login', { email, password }, { 'x-csrf-token': token }))
      expect([login.value.status, login.value.headers.get('retry-after')]).toEqual([503, '5'])
      expect(login.ms).toBeLessThan(requestBoundMs + hashingMs)
    } finally {
      proxy.mode('pass')
    }
  })

  it('signs out within them, for good, though nothing is left for the record', async () => {
    const { visitor, userId } = await provenPerson()
    // Its session is due for a new secret: who is it, the rotation, the end are three questions.
    await gateway.sql("update sessions set rotated_at = now() - interval '8 days' where user_id = $1", [userId])
    const cookie = visitor.cookies.get('__Host-portcullis') ?? ''
    const { csrf_token: token } = (await (await visitor.send('GET', '/auth/v1/csrf')).json()) as { csrf_token: string }
    await gateway.workerd.restart()
    await recovered()
    proxy.mode({ delayMs: 750 })
    try {
      const out = await timed(visitor.send('POST', '/auth/v1/logout', {}, { 'x-csrf-token': token }))
      expect(out.value.status).toBe(204)
      expect(out.ms).toBeLessThan(requestBoundMs + answeringMs)
    } finally {
      proxy.mode('pass')
    }
    visitor.cookies.set('__Host-portcullis', cookie)
    expect((await visitor.send('GET', '/private')).status).toBe(401)
    const ended = (): Promise<unknown> =>
      gateway.sql('select 1 as one from sessions where user_id = $1 and ended_at is not null', [userId])
    await expect.poll(ended, { timeout: recoveryMs, interval: 100 }).toEqual([{ one: 1 }])
  })

  it('is answered as long as it does not have to wait for more', async () => {
    const person = await provenPerson()
    proxy.mode({ delayMs: 500 })
    try {
      expect((await tryLogin(person)).status).toBe(200)
    } finally {
      proxy.mode('pass')
    }
  })
})

describe('a database that has to start', () => {
  it.each([
    ['a login', (person: Person) => tryLogin(person)],
    ['a session nobody has seen lately', ({ visitor }: Person) => list(visitor)],
  ])('is waited for by %s for up to three seconds, and by what follows no less than ever', async (_, ask) => {
    const person = await provenPerson()
    // A new isolate has not had an answer for longer than any rest.
    await gateway.workerd.restart()
    proxy.mode({ startsInMs: 2000 })
    try {
      expect((await ask(person)).status).toBe(200)
    } finally {
      proxy.mode('pass')
    }
  })
})

const list = (visitor: Visitor): Promise<Response> => visitor.send('GET', '/auth/v1/sessions')

describe('more queries than the gateway has in flight', () => {
  it('wait a little and are then refused, and none waits for longer than the bound', async () => {
    const person = await provenPerson()
    proxy.mode({ delayMs: 800 })
    try {
      const answers = await Promise.all(
        Array.from({ length: 60 }, () => timed(person.visitor.send('GET', '/auth/v1/sessions'))),
      )
      const statuses = answers.map(({ value }) => value.status)
      expect(new Set(statuses)).toEqual(new Set([200, 503]))
      expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(requestBoundMs + answeringMs)
      expect(proxy.statements().length).toBeLessThanOrEqual(40)
    } finally {
      proxy.mode('pass')
    }
  })
})
