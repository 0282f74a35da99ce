// Applications hear of it when a session of theirs ends: by a signed token, at the address they registered, until they have.
import { type Server, createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestClient, authorizedTokens, basic, claimsOf, newClient, post } from '../support/oauth.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'

let gateway: TestGateway
let person: Person
let client: TestClient
let server: Server
let address = ''
let answers: number[] = []
let heard: { readonly type: string; readonly token: string }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const fields = new URLSearchParams(Buffer.concat(chunks).toString())
      heard.push({ type: request.headers['content-type'] ?? '', token: fields.get('logout_token') ?? '' })
      const status = answers.shift() ?? 200
      response.writeHead(status, status === 302 ? { location: `${address}/elsewhere` } : {}).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  address = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`
  gateway = await startGateway()
  person = await newPerson(gateway)
  client = await newClient(gateway, { backchannelLogoutUri: `${address}/logout` })
})
beforeEach(() => {
  answers = []
  heard = []
})
afterAll(async () => {
  await gateway.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const sessionsHeardOf = (): unknown[] => heard.map(({ token }) => claimsOf(token)['sid'])
const heardOf = (sid: unknown): number => sessionsHeardOf().filter((heardSid) => heardSid === sid).length
const trail = (type: string, sid: unknown): Promise<Record<string, unknown>[]> =>
  gateway.sql('select user_id, details from audit_events where type = $1 and session_id = $2', [type, sid])
const waiting = (): Promise<unknown> => gateway.sql('select 1 from logout_notices')

/** A browser with an application, and the application's session. */
async function withApplication() {
  const visitor = await signInAgain(gateway, person)
  const tokens = await authorizedTokens(gateway, visitor, client)
  return { visitor, tokens, sid: claimsOf(tokens.id_token ?? '')['sid'] }
}

describe('an application that wants to hear', () => {
  it('is told when the browser signs out, by a token that the published keys verify', async () => {
    const { visitor, sid } = await withApplication()
    await visitor.change('POST', '/auth/v1/logout')
    await expect.poll(sessionsHeardOf, { timeout: 5000 }).toEqual([sid])
    expect(heard[0]?.type).toMatch(/^application\/x-www-form-urlencoded/)
    const keys = createRemoteJWKSet(new URL(`${gateway.url}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(heard[0]?.token ?? '', keys, {
      issuer: gateway.url,
      audience: client.id,
      typ: 'logout+jwt',
      algorithms: ['RS256'],
      maxTokenAge: 120,
    })
    expect(payload).toMatchObject({
      sub: person.userId,
      sid,
      jti: expect.any(String) as string,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect(payload).not.toHaveProperty('nonce')
    await expect
      .poll(() => trail('logout.notified', sid), { timeout: 5000 })
      .toEqual([{ user_id: person.userId, details: { client: client.id, answer: 'told' } }])
    expect(await waiting()).toEqual([])
  })

  it('is told of every way a session ends, once, and of nobody else’s', async () => {
    const [kept, first, second] = [await withApplication(), await withApplication(), await withApplication()]
    await post(gateway, 'revoke', { token: first.tokens.refresh_token }, basic(client.id, client.secret))
    await kept.visitor.change('DELETE', `/auth/v1/sessions/${String(second.sid)}`)
    await expect.poll(sessionsHeardOf, { timeout: 5000 }).toHaveLength(2)
    await kept.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')
    await expect.poll(waiting, { timeout: 5000 }).toEqual([])
    expect(new Set(sessionsHeardOf())).toEqual(new Set([first.sid, second.sid]))
  })

  it.each([500, 302])('and answers %i is told again, and not sent on elsewhere', async (status) => {
    const { visitor, sid } = await withApplication()
    answers = [status]
    await visitor.change('POST', '/auth/v1/logout')
    await expect.poll(sessionsHeardOf, { timeout: 5000 }).toEqual([sid])
    await expect
      .poll(() => gateway.sql('select attempts from logout_notices where session_id = $1', [sid]), { timeout: 5000 })
      .toEqual([{ attempts: 1 }])
    await expect.poll(() => heardOf(sid), { timeout: 20_000, interval: 200 }).toBe(2)
    await expect.poll(waiting, { timeout: 5000 }).toEqual([])
  })

  it('is told after a restart of what was left, and given up on after the sixth time, which is recorded', async () => {
    const { visitor, sid } = await withApplication()
    answers = [500, 500]
    await visitor.change('POST', '/auth/v1/logout')
    await expect.poll(sessionsHeardOf, { timeout: 5000 }).toEqual([sid])
    await gateway.sql('update logout_notices set attempts = 5, next_at = now() where session_id = $1', [sid])
    await gateway.workerd.restart()
    const other = await signInAgain(gateway, person)
    // Whatever wakes an object that has something to deliver.
    await authorizedTokens(gateway, other, client)
    await other.change('POST', '/auth/v1/logout')
    await expect
      .poll(() => trail('logout.undelivered', sid), { timeout: 15_000, interval: 200 })
      .toEqual([{ user_id: person.userId, details: { client: client.id, answer: 'status 500' } }])
    expect(await gateway.sql('select 1 from logout_notices where session_id = $1', [sid])).toEqual([])
  })
})
