// Ending a session ends it everywhere: at every front door, on every open socket, with and without the database.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type OwnDatabase, startOwnDatabase } from '../support/own-database.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type OpenSocket, echo, openSocket } from '../support/socket.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'
import { afterwards, within } from '../support/within.ts'

const everywhereMs = 1000

let database: OwnDatabase
let gateway: TestGateway
beforeAll(async () => {
  database = await startOwnDatabase()
  gateway = await startGateway({ isolates: 2, databaseUrl: database.url })
})
afterAll(async () => {
  await gateway.stop()
  await database.stop()
})

const statusAt = async (door: number, visitor: Visitor): Promise<number> =>
  (await visitor.send('GET', `${gateway.urls[door]}/private`)).status

async function sessionIdOf(visitor: Visitor): Promise<string> {
  return ((await (await visitor.send('GET', '/auth/v1/session')).json()) as { session: { id: string } }).session.id
}

/** Two devices of one person, the second one in use at both doors and with an open socket at the second. */
async function twoDevices(): Promise<{ person: Person; second: Visitor; secondId: string; socket: OpenSocket }> {
  const person = await newPerson(gateway)
  const second = await signInAgain(gateway, person)
  const secondId = await sessionIdOf(second)
  expect([await statusAt(0, person.visitor), await statusAt(0, second), await statusAt(1, second)]).toEqual([
    200, 200, 200,
  ])
  const socket = await openSocket(gateway, second, '/ws', { url: gateway.urls[1] ?? '' })
  expect((await echo(socket, 'hello')).data.toString()).toBe('hello')
  return { person, second, secondId, socket }
}

/** Nobody may be let in later than the bound, counted from the answer to whoever ended the session. */
async function expectEnded(cookies: Visitor, socket: OpenSocket): Promise<void> {
  const answeredAt = Date.now()
  const { code, atMs } = await within(everywhereMs, socket.ended)
  expect(code).toBe(4401)
  expect(atMs - answeredAt).toBeLessThan(everywhereMs)
  expect(await afterwards(answeredAt + everywhereMs - Date.now(), () => statusAt(1, cookies))).toBe(401)
  expect(await statusAt(0, cookies)).toBe(401)
}

function copyOf(visitor: Visitor): Visitor {
  const copy = newVisitor(gateway, visitor.ip)
  for (const [name, value] of visitor.cookies) copy.cookies.set(name, value)
  return copy
}

const endings = {
  'signing out': async ({ second }: { second: Visitor }) => {
    expect((await second.change('POST', '/auth/v1/logout')).status).toBe(204)
  },
  'revoking one session': async ({ person, secondId }: { person: Person; secondId: string }) => {
    expect((await person.visitor.change('DELETE', `/auth/v1/sessions/${secondId}`)).status).toBe(204)
  },
  'revoking all others': async ({ person }: { person: Person }) => {
    expect((await person.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')).status).toBe(200)
  },
}

describe('a session that ends at one front door', () => {
  for (const [name, end] of Object.entries(endings)) {
    it(`by ${name} is refused at another, and its sockets close, within a second`, async () => {
      const devices = await twoDevices()
      const before = copyOf(devices.second)
      await end(devices)
      await expectEnded(before, devices.socket)
      if (name !== 'signing out') expect(await statusAt(1, devices.person.visitor)).toBe(200)
    })
  }

  it('leaves the sockets of the person’s other sessions open', async () => {
    const { person, secondId, socket } = await twoDevices()
    const kept = await openSocket(gateway, person.visitor, '/ws', { url: gateway.urls[1] ?? '' })
    await person.visitor.change('DELETE', `/auth/v1/sessions/${secondId}`)
    await within(everywhereMs, socket.ended)
    expect((await echo(kept, 'still here')).data.toString()).toBe('still here')
    kept.raw.terminate()
  })
})

describe('a session of somebody else', () => {
  it('is not found, and lives on with its sockets, whoever knows its id', async () => {
    const { second, secondId, socket, person } = await twoDevices()
    // In the same shard, where one object holds the sessions of both.
    const stranger = await newPerson(gateway)
    await gateway.sql('update users set shard = (select shard from users where id = $1) where id = $2', [
      person.userId,
      stranger.userId,
    ])
    const inShard = await signInAgain(gateway, stranger)
    expect((await inShard.change('DELETE', `/auth/v1/sessions/${secondId}`)).status).toBe(404)
    expect((await echo(socket, 'untouched')).data.toString()).toBe('untouched')
    expect([await statusAt(0, second), await statusAt(1, second)]).toEqual([200, 200])
    const rows = await gateway.sql('select ended_at from sessions where id = $1', [secondId])
    expect(rows).toEqual([{ ended_at: null }])
    // Past any lease.
    await new Promise((resolve) => setTimeout(resolve, everywhereMs))
    expect([await statusAt(0, second), await statusAt(1, second)]).toEqual([200, 200])
    socket.raw.terminate()
  })
})

describe('while the database is down', () => {
  it('every way of ending holds at once, and reaches the table with one audit row each when it is back', async () => {
    const all = await Promise.all(
      Object.entries(endings).map(async ([name, end]) => ({ name, end, devices: await twoDevices() })),
    )
    await database.kill()
    try {
      for (const { end, devices } of all) {
        const before = copyOf(devices.second)
        await end(devices)
        await expectEnded(before, devices.socket)
      }
    } finally {
      await database.restart()
    }
    for (const { name, devices } of all) {
      const ended = (): Promise<unknown> =>
        gateway.sql('select 1 as one from sessions where id = $1 and ended_at is not null', [devices.secondId])
      await expect.poll(ended, { timeout: 10_000, interval: 100, message: name }).toEqual([{ one: 1 }])
      const events = await gateway.sql(
        `select type from audit_events where user_id = $1 and type = 'session.ended' and (session_id = $2 or session_id is null)`,
        [devices.person.userId, devices.secondId],
      )
      expect(events, name).toEqual([{ type: 'session.ended' }])
    }
  })
})
