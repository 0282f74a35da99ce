// Nobody can say any more whether a session lives: what it opened stays open for a while, and not for ever.
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts'
import { openStream } from '../support/event-stream.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { tokenLogin } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { echo, openSocket } from '../support/socket.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'
import { within } from '../support/within.ts'

const provenMs = 1200
const patienceMs = 1500
const soonMs = 5000
const sessions = { provenMinutes: provenMs / 60_000, uncheckedSeconds: patienceMs / 1000 }

let proxy: DatabaseProxy
let gateway: TestGateway
let token: string
let visitor: Visitor
/** The site answers when a test lets it: a request was let in by then, and what let it in may be over. */
let answers: (() => void)[] = []

const sockets = new WebSocketServer({ noServer: true })
const site = createServer((_, response: ServerResponse) => {
  answers.push(() => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: open\n\n')
  })
})
site.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  answers.push(() =>
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on('error', () => undefined)
      opened.on('message', (data, isBinary) => opened.send(data, { binary: isBinary }))
    }),
  )
})

beforeAll(async () => {
  proxy = await startDatabaseProxy()
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  gateway = await startGateway({
    originUrl: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    bundle: bundleWith({ ...shippedConfig, sessions }),
    bindings: { DATABASE_ENDPOINT: proxy.url },
  })
  const person = await newPerson(gateway)
  visitor = person.visitor
  token = (await tokenLogin(newVisitor(gateway), person)).access_token
})
afterEach(() => {
  proxy.mode('pass')
  answers = []
})
afterAll(async () => {
  await gateway.stop()
  await proxy.stop()
  for (const socket of sockets.clients) socket.terminate()
  site.closeAllConnections()
  await new Promise((resolve) => site.close(resolve))
})

/** A request that has come as far as the site, while the database answers. */
async function asked<Opened>(opening: (someone: Visitor) => Promise<Opened>) {
  // After the test before, the way to the database opens again in a while.
  await expect.poll(async () => (await visitor.send('GET', '/auth/v1/session')).status, { timeout: 20_000 }).toBe(200)
  const opened = opening(visitor)
  await expect.poll(() => answers.length, { timeout: soonMs }).toBe(1)
  return { opened, answer: () => answers[0]?.() }
}

async function untilUnproven(): Promise<void> {
  proxy.mode('refuse')
  await new Promise((resolve) => setTimeout(resolve, provenMs + 100))
}

describe('while nobody can say whether its session lives', () => {
  it('a WebSocket is closed with 4408, and not before the patience is over', async () => {
    const { opened, answer } = await asked((someone) => openSocket(gateway, someone, '/ws'))
    await untilUnproven()
    answer()
    const socket = await opened
    const openedAt = Date.now()
    expect((await echo(socket, 'for a while')).data.toString()).toBe('for a while')
    expect(await within(patienceMs + soonMs, socket.ended)).toMatchObject({ code: 4408 })
    expect(Date.now() - openedAt).toBeGreaterThan(patienceMs - 100)
  })

  it('an event stream is ended', async () => {
    const { opened, answer } = await asked((someone) => openStream(gateway, someone, '/events'))
    await untilUnproven()
    answer()
    const stream = await opened
    expect(await within(patienceMs + soonMs, stream.ended)).toMatchObject({ isWhole: true })
    expect(stream.received().toString()).toBe('data: open\n\n')
  })
})

describe('while nobody can say whether a fresh token was shown', () => {
  it('a WebSocket whose token has expired is closed with 4408, and not before the patience is over', async () => {
    const { opened, answer } = await asked(async () => {
      // Good for long enough to be let in, and over when the record is away.
      const brief = await ownToken(gateway, token, { exp: Math.ceil(Date.now() / 1000) + 2 })
      return openSocket(gateway, newVisitor(gateway), '/ws', { headers: { authorization: `Bearer ${brief}` } })
    })
    answer()
    const socket = await opened
    const openedAt = Date.now()
    expect((await echo(socket, 'for a while')).data.toString()).toBe('for a while')
    await untilUnproven()
    expect(await within(2000 + patienceMs + soonMs, socket.ended)).toMatchObject({ code: 4408 })
    expect(Date.now() - openedAt).toBeGreaterThan(patienceMs - 100)
  })
})

describe('while the one who would know of its end is there', () => {
  it('a WebSocket stays open, whatever becomes of the database', async () => {
    const { opened, answer } = await asked((someone) => openSocket(gateway, someone, '/ws'))
    answer()
    const socket = await opened
    await untilUnproven()
    await new Promise((resolve) => setTimeout(resolve, patienceMs))
    expect((await echo(socket, 'still open')).data.toString()).toBe('still open')
    socket.raw.terminate()
  })
})
