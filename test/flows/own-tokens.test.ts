// A program that signed in for tokens uses the site with them, for exactly as long as its session lives.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Tokens, claimsOf, tokenLogin } from '../support/oauth.ts'
import { type OwnDatabase, startOwnDatabase } from '../support/own-database.ts'
import { type Person, newPerson } from '../support/people.ts'
import { openSocket } from '../support/socket.ts'
import { newVisitor } from '../support/visitor.ts'
import { afterwards, within } from '../support/within.ts'

const everywhereMs = 1000

let database: OwnDatabase
let gateway: TestGateway
let person: Person
beforeAll(async () => {
  database = await startOwnDatabase()
  gateway = await startGateway({ isolates: 2, databaseUrl: database.url })
  person = await newPerson(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await database.stop()
})

const signIn = (): Promise<Tokens> => tokenLogin(newVisitor(gateway), person)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const at = (door: number, token: string, path = '/private'): Promise<Response> =>
  newVisitor(gateway).send('GET', `${gateway.urls[door]}${path}`, undefined, bearer(token))
const statusAt = async (door: number, token: string): Promise<number> => (await at(door, token)).status

/** Ends the session a token belongs to from another device of the person, and waits until nobody may be let in by it. */
async function expectRevoked(token: string): Promise<void> {
  const { sid } = claimsOf(token)
  expect((await person.visitor.change('DELETE', `/auth/v1/sessions/${String(sid)}`)).status).toBe(204)
  expect(await afterwards(everywhereMs, () => statusAt(1, token))).toBe(401)
  expect(await statusAt(0, token)).toBe(401)
}

describe('an access token of the gateway itself', () => {
  it('opens the site, which is told who it is and never sees the token', async () => {
    const { access_token: token } = await signIn()
    const seen = (await (await at(0, token, '/headers')).text()).toLowerCase()
    expect(seen).toContain('x-portcullis-assertion')
    expect(seen).toContain(person.userId)
    expect(seen).not.toContain(token.toLowerCase())
  })

  it('has the roles its person has now, not those of when it was signed', async () => {
    const { access_token: token } = await signIn()
    expect((await at(0, token, '/admin/x')).status).toBe(403)
  })

  it('is refused with another last character, and where it is meant for somebody else', async () => {
    const { access_token: token, refresh_token: refreshToken } = await signIn()
    const other = token.endsWith('A') ? 'E' : 'A'
    for (const bad of [token.slice(0, -1) + other, refreshToken]) {
      const answer = await at(0, bad)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    }
    expect(await statusAt(0, token)).toBe(200)
  })

  it('is refused everywhere within a second once its session ends, and its sockets close', async () => {
    const { access_token: token } = await signIn()
    expect([await statusAt(0, token), await statusAt(1, token)]).toEqual([200, 200])
    const socket = await openSocket(gateway, newVisitor(gateway), '/ws', {
      url: gateway.urls[1] ?? '',
      headers: bearer(token),
    })
    const closed = within(10 * everywhereMs, socket.ended)
    await expectRevoked(token)
    expect((await closed).code).toBe(4401)
  })

  it('is refused as fast while the database is down, and those of live sessions go on', async () => {
    expect((await person.visitor.send('GET', '/private')).status).toBe(200)
    const [{ access_token: ended }, { access_token: live }] = [await signIn(), await signIn()]
    for (const token of [ended, live]) expect([await statusAt(0, token), await statusAt(1, token)]).toEqual([200, 200])
    await database.kill()
    try {
      await expectRevoked(ended)
      expect([await statusAt(0, live), await statusAt(1, live)]).toEqual([200, 200])
    } finally {
      await database.restart()
    }
  })
})
