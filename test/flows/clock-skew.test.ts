// Clocks differ: a token counts though its times are off by half a minute, whoever issued it, and does not when they are off
// by two. Boundaries to the millisecond are the unit suite's; here no second is so near that a slow machine could miss it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, inSeconds, startIssuer } from '../support/issuer.ts'
import { type TestClient, basic, newClient, post, tokenLogin } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { openSocket } from '../support/socket.ts'
import { newVisitor } from '../support/visitor.ts'
import { within } from '../support/within.ts'

type Times = Readonly<Record<string, number>>

let issuer: TestIssuer
let patient: TestIssuer
let gateway: TestGateway
let service: TestClient
let issued: string

beforeAll(async () => {
  ;[issuer, patient] = await Promise.all([startIssuer(), startIssuer()])
  const row = ({ url }: TestIssuer) => ({ issuer: url, jwksUrl: `${url}/keys`, audiences: [audience] })
  const issuers = [row(issuer), { ...row(patient), leewaySeconds: 60 }]
  gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, issuers }) })
  service = await newClient(gateway)
  // Not in a test about seconds: somebody's first request makes their account.
  for (const one of [issuer, patient]) {
    const token = await one.token()
    while ((await send(token)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 500))
  }
  issued = (await tokenLogin(newVisitor(gateway), await newPerson(gateway))).access_token
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([issuer.stop(), patient.stop()])
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const send = (token: string, path = '/private'): Promise<Response> =>
  newVisitor(gateway).send('GET', path, undefined, bearer(token))

const makers: Readonly<Record<string, (times: Times) => Promise<string>>> = {
  'an issuer': (times) => issuer.token(times),
  'the gateway itself': (times) => ownToken(gateway, issued, times),
}

describe.each(Object.entries(makers))('a token of %s', (_, tokenWith) => {
  const at = (offsets: Times): Promise<string> =>
    tokenWith(Object.fromEntries(Object.entries(offsets).map(([name, seconds]) => [name, inSeconds(seconds)])))

  it.each([
    ['expired 20 s ago', { exp: -20 }],
    ['valid in 29 s', { nbf: 29 }],
    ['issued in 29 s', { iat: 29 }],
  ])('%s counts', async (__, offsets) => {
    expect((await send(await at(offsets))).status).toBe(200)
  })

  it.each([
    ['expired 31 s ago', { exp: -31 }, 'expired'],
    ['expired 120 s ago', { exp: -120 }, 'expired'],
    ['valid in 120 s', { nbf: 120 }, 'not yet valid'],
    ['issued in 120 s', { iat: 120 }, 'issued in the future'],
  ])('%s does not, and the trail says why', async (__, offsets, reason) => {
    const answer = await send(await at(offsets))
    expect(answer.status).toBe(401)
    const reasons = (): Promise<unknown> =>
      gateway.sql("select reason from audit_events where type = 'token.refused' and request_id = $1", [
        answer.headers.get('x-request-id'),
      ])
    await expect.poll(reasons, { timeout: 5000 }).toEqual([{ reason }])
  })

  it('stops counting when the leeway is over, also where it was accepted a moment before', async () => {
    const token = await at({ exp: -24 })
    expect((await send(token)).status).toBe(200)
    await expect.poll(async () => (await send(token)).status, { timeout: 20_000, interval: 250 }).toBe(401)
    expect(Date.now()).toBeGreaterThan(inSeconds(-1) * 1000)
  })
})

describe('the leeway of a row', () => {
  it('is for an issuer whose clock is known to be off', async () => {
    const statuses = [-50, -70].map(async (exp) => (await send(await patient.token({ exp: inSeconds(exp) }))).status)
    expect(await Promise.all(statuses)).toEqual([200, 401])
  })
})

describe('a token of the gateway itself that has expired a moment ago', () => {
  it('is inactive for whoever asks, as they are told its end, and opens nothing that lasts', async () => {
    const token = await ownToken(gateway, issued, { exp: inSeconds(-15) })
    expect((await send(token)).status).toBe(200)
    const asked = await post(gateway, 'introspect', { token }, basic(service.id, service.secret))
    expect(await asked.json()).toEqual({ active: false })
    const prolong = await newVisitor(gateway).send('POST', '/auth/v1/sockets/refresh', undefined, bearer(token))
    expect(prolong.status).toBe(401)
    const socket = await openSocket(gateway, newVisitor(gateway), '/ws', { headers: bearer(token) })
    expect((await within(10_000, socket.ended)).code).toBe(4401)
  })
})
