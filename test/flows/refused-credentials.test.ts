// Tokens and clients that are refused: told alike wherever they are shown, on record with the precise reason, and no way to
// fill the trail.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeProof, newHolder, nonceOf } from '../support/dpop.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { inSeconds } from '../support/issuer.ts'
import { type TestClient, authorizedTokens, basic, newClient, post, tokenLogin } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { type Person, newPerson } from '../support/people.ts'
import { newAddress, newVisitor } from '../support/visitor.ts'

const bearer = 'Bearer error="invalid_token", error_description="The access token is not accepted"'
const dpop = (error: string): string => `DPoP error="${error}", algs="ES256 EdDSA PS256 RS256"`

let gateway: TestGateway
let person: Person
let token: string
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
  token = (await tokenLogin(newVisitor(gateway), person)).access_token
})
afterAll(() => gateway.stop())

const eventsOf = (requestId: string | null): Promise<Record<string, unknown>[]> =>
  gateway.sql('select type, outcome, reason, details from audit_events where request_id = $1', [requestId])

/** Of a request that was answered. That there is nothing is seen when the trail has something of a later one. */
async function expectOnRecord(answer: Response, events: readonly object[]): Promise<void> {
  const seen = () => eventsOf(answer.headers.get('x-request-id'))
  if (events.length > 0) return expect.poll(seen, { timeout: 10_000 }).toMatchObject(events)
  const later = await newVisitor(gateway).send('GET', '/private', undefined, { authorization: 'Bearer' })
  await expectOnRecord(later, [{ type: 'token.refused' }])
  expect(await seen()).toEqual([])
}

const places: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/private'],
  ['GET', '/auth/v1/session'],
  ['POST', '/auth/v1/sessions/revoke-all-others'],
  ['GET', '/auth/v1/me'],
  ['POST', '/auth/v1/password/change'],
  ['GET', '/auth/v1/admin/clients'],
  ['POST', '/auth/v1/logout'],
  ['POST', '/auth/v1/sockets/refresh'],
  ['GET', '/auth/oauth/userinfo'],
]

describe.each(places)('a token that is not accepted, at %s %s', (method, path) => {
  const show = (headers: Record<string, string>): Promise<Response> =>
    newVisitor(gateway).send(method, path, method === 'POST' ? {} : undefined, headers)
  const challenge = (answer: Response): unknown[] => [answer.status, answer.headers.get('www-authenticate')]

  it('gets the one text, and is on record with the reason and without the token', async () => {
    const expired = await ownToken(gateway, token, { exp: inSeconds(-60), iat: inSeconds(-900) })
    const answer = await show({ authorization: `Bearer ${expired}` })
    expect(challenge(answer)).toEqual([401, bearer])
    const refused = { type: 'token.refused', outcome: 'failure', reason: 'expired', details: { issuer: gateway.url } }
    await expectOnRecord(answer, [refused])
    const malformed = await show({ authorization: 'Bearer a b' })
    expect(challenge(malformed)).toEqual([401, bearer])
    await expectOnRecord(malformed, [{ type: 'token.refused', details: { issuer: null } }])
  })

  it('is told in its own scheme what is wrong with a proof, and which nonce to use, which is no event', async () => {
    const holder = await newHolder()
    const bound = await ownToken(gateway, token, { cnf: { jkt: holder.jkt } })
    const authorization = `DPoP ${bound}`
    const alone = await show({ authorization })
    expect(challenge(alone)).toEqual([401, dpop('invalid_dpop_proof')])
    await expectOnRecord(alone, [{ type: 'token.refused', reason: 'proof: no proof' }])
    const thief = await newHolder()
    const target = { method, url: gateway.url + path, token: bound }
    const nonce = await nonceOf(gateway)
    const theirs = await show({ authorization, dpop: await makeProof(thief, { ...target, nonce }) })
    expect(challenge(theirs)).toEqual([401, dpop('invalid_token')])
    await expectOnRecord(theirs, [{ reason: 'proof: another key' }])
    const asked = await show({ authorization, dpop: await makeProof(holder, target) })
    expect([...challenge(asked), asked.headers.get('dpop-nonce')?.length]).toEqual([401, dpop('use_dpop_nonce'), 22])
    await expectOnRecord(asked, [])
    expect(challenge(await show({ authorization: `Bearer ${bound}` }))).toEqual([401, dpop('invalid_token')])
  })

  it('is told from no token at all', async () => {
    // Signing out is done for whoever has nothing to sign out of.
    const nothing = path === '/auth/v1/logout' ? [204, null] : [401, 'Bearer']
    const answer = await show({})
    expect(challenge(answer)).toEqual(nothing)
    await expectOnRecord(answer, [])
  })
})

it('a public page, and the way to sign in, are for nobody where a token is not accepted', async () => {
  const headers = { authorization: `Bearer ${token}x` }
  const page = await newVisitor(gateway).send('GET', '/public/x', undefined, headers)
  expect([page.status, page.headers.has('www-authenticate')]).toEqual([200, false])
  await expectOnRecord(page, [])
  const { email, password } = person
  const answer = await newVisitor(gateway).send('POST', '/auth/v1/login', { email, password, mode: 'token' }, headers)
  expect(answer.status).toBe(200)
})

it('tokens of other people’s applications are no guesses where they belong, however many come from one place', async () => {
  const client = await newClient(gateway, { isFirstParty: false })
  await gateway.sql('insert into oauth_consents (user_id, client_id, scopes) values ($1, $2, $3)', [
    person.userId,
    client.id,
    ['openid', 'profile', 'email'],
  ])
  const { access_token: theirs } = await authorizedTokens(gateway, person.visitor, client)
  const service = newVisitor(gateway)
  const ask = async (): Promise<number> => {
    const authorization = `Bearer ${await ownToken(gateway, theirs, { jti: randomUUID() })}`
    return (await service.send('GET', '/auth/oauth/userinfo', undefined, { authorization })).status
  }
  const statuses: number[] = []
  for (let count = 0; count < 60; count += 1) statuses.push(await ask())
  expect(new Set(statuses)).toEqual(new Set([200]))
  const found = `select reason from audit_events where type = 'threat.detected' and host(ip) = $1`
  const guesser = newVisitor(gateway)
  const guess = async (): Promise<void> => {
    const authorization = `Bearer ${await ownToken(gateway, token, { jti: randomUUID(), aud: 'other' })}`
    await guesser.send('GET', '/auth/oauth/userinfo', undefined, { authorization })
  }
  for (let count = 0; count < 60; count += 1) await guess()
  await expect.poll(() => gateway.sql(found, [guesser.ip]), { timeout: 10_000 }).not.toEqual([])
  expect(await gateway.sql(found, [service.ip])).toEqual([])
})

describe('a client that does not prove who it is', () => {
  let client: TestClient
  beforeAll(async () => {
    client = await newClient(gateway)
  })

  const grant = { grant_type: 'refresh_token', refresh_token: 'prt.x' }
  const refused = (ip: string): Promise<Record<string, unknown>[]> =>
    gateway.sql(
      `select outcome, reason, details - 'passed_over' as details from audit_events
       where type = 'client.refused' and host(ip) = $1 order by at`,
      [ip],
    )
  const from = (ip: string) => ({ 'cf-connecting-ip': ip })

  it('is on record, once in a while for a network and a reason, with neither secret nor invented name', async () => {
    const ip = newAddress()
    const wrong = { ...basic(client.id, 'a-wrong-secret'), ...from(ip) }
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(gateway, 'token', grant, wrong)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
    expect((await post(gateway, 'token', grant, { ...basic('nobody-here', 'x'), ...from(ip) })).status).toBe(401)
    expect((await post(gateway, 'introspect', { token, client_secret: 's3cret-in-body' }, from(ip))).status).toBe(401)
    expect((await post(gateway, 'introspect', { token }, from(ip))).status).toBe(401)
    const row = (reason: string, id: string | null) => ({ outcome: 'failure', reason, details: { client: id } })
    await expect
      .poll(() => refused(ip), { timeout: 10_000 })
      .toEqual([
        row('client_secret_basic: wrong secret', client.id),
        row('client_secret_basic: no such client', null),
        row('a secret in the body', null),
        row('a public client', 'portcullis'),
      ])
    const [{ n } = { n: 0 }] = await gateway.sql(
      `select sum((details->>'passed_over')::int)::int as n from audit_events where type = 'client.refused' and host(ip) = $1`,
      [ip],
    )
    expect(n).toBeGreaterThanOrEqual(39)
    const rows = JSON.stringify(await gateway.sql('select * from audit_events'))
    for (const secret of ['a-wrong-secret', 's3cret-in-body', 'nobody-here']) expect(rows).not.toContain(secret)
  })

  it('cannot fill the trail from many networks', async () => {
    const startedAt = performance.now()
    const ips = Array.from({ length: 200 }, newAddress)
    for (const ip of ips) await post(gateway, 'token', grant, { ...basic(client.id, 'wrong'), ...from(ip) })
    const count = async (): Promise<number> => {
      const [row] = await gateway.sql(
        `select count(*)::int as n from audit_events where type = 'client.refused' and host(ip) = any($1)`,
        [ips],
      )
      return Number(row?.['n'])
    }
    await expect.poll(count, { timeout: 10_000 }).toBeGreaterThan(0)
    const minutes = Math.ceil((performance.now() - startedAt) / 60_000) + 1
    expect(await count()).toBeLessThanOrEqual(30 * minutes)
  })
})
