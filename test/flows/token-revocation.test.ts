// How fast access tokens of the gateway's own end at a front door that did not hear of it, over many of them and every way
// to end them: no request that is sent later than a second after the end was answered is let in (p99), also without the database.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Tokens, authorizedTokens, claimsOf, newClient, post, refresh, tokenLogin } from '../support/oauth.ts'
import { type OwnDatabase, startOwnDatabase } from '../support/own-database.ts'
import { type Person, newAdmin, newPerson, signInAgain } from '../support/people.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'

const everywhereMs = 1000
const many = 25

let database: OwnDatabase
let gateway: TestGateway
let admin: Person
beforeAll(async () => {
  database = await startOwnDatabase()
  gateway = await startGateway({ isolates: 2, databaseUrl: database.url })
  admin = await newAdmin(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await database.stop()
})

/** At the second front door, by a client of its own each. */
const statusOf = async ({ access_token: token }: Tokens): Promise<number> => {
  const headers = { authorization: `Bearer ${token}` }
  return (await newVisitor(gateway).send('GET', `${gateway.urls[1]}/private`, undefined, headers)).status
}

/** Sessions of one person, each with a token that is in use at the second front door. */
async function inUse(): Promise<{ person: Person; all: readonly Tokens[] }> {
  const person = await newPerson(gateway)
  const all: Tokens[] = []
  for (let count = 0; count < many; count += 1) all.push(await tokenLogin(newVisitor(gateway), person))
  expect(new Set(await Promise.all(all.map(statusOf)))).toEqual(new Set([200]))
  return { person, all }
}

/** How long after the end the last request was sent that was let in; 0 for none. */
async function letInUntil(tokens: Tokens, endedAt: number): Promise<number> {
  for (let last = 0; ;) {
    const sentAt = performance.now()
    const status = await statusOf(tokens)
    if (status === 401) return last
    expect(status).toBe(200)
    last = sentAt - endedAt
    // Long over the bound: the token lives.
    if (last > 10 * everywhereMs) return last
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

async function endEach(all: readonly Tokens[], end: (tokens: Tokens) => Promise<void>): Promise<number[]> {
  const waits: number[] = []
  // A few at a time: each is watched closely.
  for (let at = 0; at < all.length; at += 5)
    waits.push(
      ...(await Promise.all(
        all.slice(at, at + 5).map(async (tokens) => {
          await end(tokens)
          return letInUntil(tokens, performance.now())
        }),
      )),
    )
  return waits
}

/** Of so few the greatest. */
const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY

async function giveBack({ access_token: token }: Tokens): Promise<void> {
  expect((await post(gateway, 'revoke', { token })).status).toBe(200)
}

/** By the program itself. */
async function signOut({ access_token: token }: Tokens): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  expect((await newVisitor(gateway).send('POST', '/auth/v1/logout', undefined, headers)).status).toBe(204)
}

async function refreshes(all: readonly Tokens[]): Promise<Set<number>> {
  const answers = await Promise.all(all.map(({ refresh_token: token }) => refresh(gateway, token)))
  return new Set(answers.map(({ status }) => status))
}

const byOwner =
  (person: Person) =>
  async (tokens: Tokens): Promise<void> => {
    const id = String(claimsOf(tokens.access_token)['sid'])
    expect((await person.visitor.change('DELETE', `/auth/v1/sessions/${id}`)).status).toBe(204)
  }

/** The first token comes back two generations late. */
async function steal({ refresh_token: first }: Tokens): Promise<void> {
  const second = (await (await refresh(gateway, first)).json()) as Tokens
  expect((await refresh(gateway, second.refresh_token)).status).toBe(200)
  expect((await refresh(gateway, first)).status).toBe(400)
}

describe('access tokens end at every front door within a second', () => {
  it('when they are given back', async () => {
    expect(p99(await endEach((await inUse()).all, giveBack))).toBeLessThan(everywhereMs)
  })

  it('when their program signs out, and none of them is refreshed', async () => {
    const { all } = await inUse()
    expect(p99(await endEach(all, signOut))).toBeLessThan(everywhereMs)
    expect(await refreshes(all)).toEqual(new Set([400]))
  })

  it('when their owner ends the session', async () => {
    const { person, all } = await inUse()
    expect(p99(await endEach(all, byOwner(person)))).toBeLessThan(everywhereMs)
  })

  it('when a stolen refresh token ends the family', async () => {
    expect(p99(await endEach((await inUse()).all, steal))).toBeLessThan(everywhereMs)
  })

  it('when an administrator ends all sessions of their owner', async () => {
    const { person, all } = await inUse()
    const path = `/auth/v1/admin/users/${person.userId}/revoke-sessions`
    expect((await admin.visitor.change('POST', path, {})).status).toBe(200)
    const endedAt = performance.now()
    expect(p99(await Promise.all(all.map((tokens) => letInUntil(tokens, endedAt))))).toBeLessThan(everywhereMs)
  })

  it('while the database is down, and the record has it afterwards', async () => {
    const [given, ended, left] = [await inUse(), await inUse(), await inUse()]
    expect((await ended.person.visitor.send('GET', '/private')).status).toBe(200)
    await database.kill()
    try {
      const waits = [
        ...(await endEach(given.all, giveBack)),
        ...(await endEach(ended.all, byOwner(ended.person))),
        ...(await endEach(left.all, signOut)),
      ]
      expect(p99(waits)).toBeLessThan(everywhereMs)
      expect((await refreshes(left.all)).has(200)).toBe(false)
    } finally {
      await database.restart()
    }
    const ids = [...given.all, ...ended.all, ...left.all].map((tokens) => claimsOf(tokens.access_token)['sid'])
    const live = () => gateway.sql('select 1 from sessions where id = any($1) and ended_at is null', [ids])
    await expect.poll(live, { timeout: 20_000, interval: 250 }).toEqual([])
    expect(await refreshes(left.all)).toEqual(new Set([400]))
  })
})

describe('the access token of an application', () => {
  it('ends at every front door within a second when its user signs out in the browser', async () => {
    const application = await newClient(gateway)
    const person = await newPerson(gateway)
    const browsers = new Map<Tokens, Visitor>()
    for (let count = 0; count < many; count += 1) {
      const visitor = await signInAgain(gateway, person)
      browsers.set(await authorizedTokens(gateway, visitor, application), visitor)
    }
    const all = [...browsers.keys()]
    expect(new Set(await Promise.all(all.map(statusOf)))).toEqual(new Set([200]))
    const signOut = async (tokens: Tokens): Promise<void> => {
      expect((await browsers.get(tokens)?.change('POST', '/auth/v1/logout'))?.status).toBe(204)
    }
    expect(p99(await endEach(all, signOut))).toBeLessThan(everywhereMs)
  })
})
