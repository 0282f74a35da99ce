// What was opened with a bearer token lasts no longer than the token, and no longer than its holder may come.
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestIssuer, audience, inSeconds, startIssuer } from '../support/issuer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { timed, within } from '../support/within.ts'

let issuer: TestIssuer
let gateway: TestGateway
const site = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('data: one\n\n')
})
const sockets = new WebSocketServer({ server: site })

beforeAll(async () => {
  issuer = await startIssuer()
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const issuers = [{ issuer: issuer.url, jwksUrl: `${issuer.url}/keys`, audiences: [audience], leewaySeconds: 0 }]
  gateway = await startGateway({
    originUrl: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    // So that a locked user is noticed within seconds.
    bundle: await bundleWith({ ...shippedConfig, issuers, sessions: { provenMinutes: 0.05 } }),
  })
})
afterAll(async () => {
  await gateway.stop()
  for (const socket of sockets.clients) socket.terminate()
  site.closeAllConnections()
  site.close()
  await issuer.stop()
})

async function opened(token: string): Promise<{ socket: WebSocket; closed: Promise<number> }> {
  const url = gateway.url.replace('http:', 'ws:')
  const socket = new WebSocket(`${url}/ws`, { headers: { authorization: `Bearer ${token}` } })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await within(5000, new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject)))
  return { socket, closed }
}

const echo = (socket: WebSocket, text: string): Promise<string> =>
  within(
    5000,
    new Promise((resolve) => {
      socket.once('message', (data: Buffer) => resolve(data.toString()))
      socket.send(text)
    }),
  )

describe('a WebSocket opened with a bearer token', () => {
  it('is closed with 4401 when the token expires, and not before', async () => {
    const expiresAt = inSeconds(4)
    const { socket, closed } = await opened(await issuer.token({ sub: randomUUID(), exp: expiresAt }))
    expect(await echo(socket, 'hello')).toBe('hello')
    expect(await within(8000, closed)).toBe(4401)
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt * 1000 - 5)
    expect(Date.now()).toBeLessThan(expiresAt * 1000 + 2000)
  })

  it('is closed with 4401 when its holder is locked, well before the token expires', async () => {
    const sub = randomUUID()
    const { socket, closed } = await opened(await issuer.token({ sub }))
    const other = await opened(await issuer.token({ sub: randomUUID() }))
    expect(await echo(socket, 'hello')).toBe('hello')
    await gateway.sql(
      "update users set status = 'locked' where id = (select user_id from identities where subject = $1)",
      [`${issuer.url}#${sub}`],
    )
    const { value, ms } = await timed(within(40_000, closed))
    expect(value).toBe(4401)
    expect(ms).toBeLessThan(30_000)
    expect(await echo(other.socket, 'still here')).toBe('still here')
    other.socket.close()
  })
})

describe('an event stream opened with a bearer token', () => {
  it('ends when the token expires', async () => {
    const token = await issuer.token({ sub: randomUUID(), exp: inSeconds(3) })
    const answer = await fetch(`${gateway.url}/events`, { headers: { authorization: `Bearer ${token}` } })
    expect(answer.status).toBe(200)
    expect(await within(8000, answer.text())).toBe('data: one\n\n')
  })
})
