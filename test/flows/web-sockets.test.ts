// WebSockets through the gateway: who may open one, that nothing of it changes on the way, and that its end is passed on.
import { randomBytes } from 'node:crypto'
import { type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { echo, openSocket, refusedUpgrade } from '../support/socket.ts'
import { newVisitor } from '../support/visitor.ts'
import { within } from '../support/within.ts'

const soonMs = 5000

let gateway: TestGateway
let person: Person
let sites: WebSocketServer
const atSite: WebSocket[] = []

/** A site that echoes, and whose sockets the tests hold in their hands. */
beforeAll(async () => {
  sites = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
  })
  sites.on('connection', (socket, request) => {
    atSite.push(socket)
    socket.on('error', () => undefined)
    if (request.url === '/ws/headers') socket.send(JSON.stringify(request.headers))
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await new Promise((resolve) => sites.once('listening', resolve))
  gateway = await startGateway({ originUrl: `http://127.0.0.1:${(sites.address() as AddressInfo).port}` })
  person = await newPerson(gateway)
})
afterAll(async () => {
  await gateway.stop()
  for (const socket of sites.clients) socket.terminate()
  await new Promise((resolve) => sites.close(resolve))
})

describe('opening a WebSocket', () => {
  it.each(['https://evil.example', 'null', 'http://localhost.evil.example'])(
    'is refused to a page of %s',
    async (origin) => {
      const before = atSite.length
      const refused = await refusedUpgrade(gateway, person.visitor, '/ws', { origin })
      expect(refused).toMatchObject({
        status: 403,
        contentType: 'application/problem+json',
        code: 'origin_not_allowed',
      })
      expect(atSite.length).toBe(before)
    },
  )

  it('is refused to nobody with an answer for programs, before the site hears of it', async () => {
    const before = atSite.length
    const refused = await refusedUpgrade(gateway, newVisitor(gateway), '/ws')
    expect(refused).toMatchObject({ status: 401, contentType: 'application/problem+json', code: 'unauthenticated' })
    expect(atSite.length).toBe(before)
  })

  it('tells the site who it is, and never with which cookie', async () => {
    person.visitor.cookies.set('theme', 'dark')
    const socket = await openSocket(gateway, person.visitor, '/ws/headers')
    await expect.poll(() => socket.messages.length, { timeout: soonMs }).toBe(1)
    const headers = JSON.parse(socket.messages[0]?.data.toString() ?? '{}') as Record<string, string>
    expect(headers['x-auth-user-id']).toBe(person.userId)
    expect(headers['x-portcullis-assertion']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(headers['x-forwarded-for']).toBe(person.visitor.ip)
    expect(headers['cookie']).toBe('theme=dark')
    socket.raw.terminate()
  })

  it('keeps the subprotocol the site chose', async () => {
    const socket = await openSocket(gateway, person.visitor, '/ws', { protocols: ['chat.v1', 'chat.v2'] })
    expect(socket.raw.protocol).toBe('chat.v2')
    socket.raw.terminate()
  })
})

describe('a WebSocket', () => {
  it('carries text and bytes unchanged, up to a megabyte, in order', async () => {
    const socket = await openSocket(gateway, person.visitor, '/ws')
    const sent = [
      '',
      'plain',
      'ümläut 🜨 \u0000',
      Buffer.alloc(0),
      randomBytes(1),
      randomBytes(1_000_000),
      'x'.repeat(1_000_000),
    ]
    for (const data of sent) {
      const answer = await within(soonMs, echo(socket, data))
      expect(answer.isBinary).toBe(typeof data !== 'string')
      expect(answer.data.equals(Buffer.from(data))).toBe(true)
    }
    for (let n = 0; n < 500; n += 1) socket.raw.send(String(n))
    await expect.poll(() => socket.messages.length, { timeout: soonMs }).toBe(sent.length + 500)
    expect(socket.messages.slice(sent.length).map(({ data }) => data.toString())).toEqual(
      Array.from({ length: 500 }, (_, n) => String(n)),
    )
    socket.raw.terminate()
  })

  it('passes the close code and reason of the visitor on to the site', async () => {
    const socket = await openSocket(gateway, person.visitor, '/ws')
    const heard = new Promise((resolve) =>
      atSite.at(-1)?.once('close', (code, reason) => resolve([code, reason.toString()])),
    )
    socket.raw.close(4000, 'bye')
    expect(await within(soonMs, heard)).toEqual([4000, 'bye'])
    expect((await within(soonMs, socket.ended)).code).toBe(4000)
  })

  it('passes the close code and reason of the site on to the visitor', async () => {
    const socket = await openSocket(gateway, person.visitor, '/ws')
    atSite.at(-1)?.close(4321, 'site says bye')
    expect(await within(soonMs, socket.ended)).toMatchObject({ code: 4321, reason: 'site says bye' })
  })

  it('ends for the visitor when the site is cut off', async () => {
    const socket = await openSocket(gateway, person.visitor, '/ws')
    atSite.at(-1)?.terminate()
    await within(soonMs, socket.ended)
  })

  it('ends for the site when the visitor is cut off', async () => {
    const socket = await openSocket(gateway, person.visitor, '/ws')
    const heard = new Promise((resolve) => atSite.at(-1)?.once('close', resolve))
    socket.raw.terminate()
    await within(soonMs, heard)
  })

  it('is one of two hundred that all work at once', async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => openSocket(gateway, person.visitor, '/ws')))
    const answers = await Promise.all(sockets.map((socket, n) => echo(socket, `socket ${n}`)))
    expect(answers.map(({ data }) => data.toString())).toEqual(sockets.map((_, n) => `socket ${n}`))
    expect((await person.visitor.send('POST', '/auth/v1/logout', {}, { 'x-csrf-token': 'none' })).status).toBe(403)
    const out = await person.visitor.change('POST', '/auth/v1/logout')
    expect(out.status).toBe(204)
    const endings = await within(soonMs, Promise.all(sockets.map(({ ended }) => ended)))
    expect(new Set(endings.map(({ code }) => code))).toEqual(new Set([4401]))
  })
})
