// What stays open for long: how it was opened is the site's word, and only the end of a session is a reason to end it.
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { openStream } from '../support/event-stream.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson, signInAgain } from '../support/people.ts'
import { header, sendRaw } from '../support/raw-http.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { echo, openSocket } from '../support/socket.ts'
import { newVisitor } from '../support/visitor.ts'
import { within } from '../support/within.ts'

const timeoutMs = 500
const [site] = shippedConfig.origins
if (site === undefined) throw new Error('no origin')

describe('a WebSocket', () => {
  let sites: WebSocketServer
  let gateway: TestGateway
  beforeAll(async () => {
    sites = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } })
    sites.on('headers', (headers) => headers.push('Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-Site: yes'))
    sites.on('connection', (socket) => {
      socket.on('error', () => undefined)
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
    await new Promise((resolve) => sites.once('listening', resolve))
    const originUrl = `http://127.0.0.1:${(sites.address() as AddressInfo).port}`
    gateway = await startGateway({
      originUrl,
      bundle: bundleWith({ ...shippedConfig, origins: [{ ...site, timeoutMs }] }),
    })
  })
  afterAll(async () => {
    await gateway.stop()
    for (const socket of sites.clients) socket.terminate()
    await new Promise((resolve) => sites.close(resolve))
  })

  it.each(['nobody', 'somebody signed in'])(
    'of %s may be open for longer than the site may take to answer',
    async (who) => {
      const visitor = who === 'nobody' ? newVisitor(gateway) : (await newPerson(gateway)).visitor
      const socket = await openSocket(gateway, visitor, '/public/socket')
      await new Promise((resolve) => setTimeout(resolve, 3 * timeoutMs))
      expect((await echo(socket, 'still open')).data.toString()).toBe('still open')
      socket.raw.terminate()
    },
  )

  it.each(['nobody', 'somebody signed in'])('of %s is opened with the cookies and headers of the site', async (who) => {
    const visitor = who === 'nobody' ? newVisitor(gateway) : (await newPerson(gateway)).visitor
    const socket = await openSocket(gateway, visitor, '/public/socket')
    expect(socket.handshake).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-site': 'yes' })
    expect(socket.handshake['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    socket.raw.terminate()
  })

  it.each(['nobody', 'somebody signed in'])(
    'of %s may offer compression, and what it carries stays the same',
    async (who) => {
      const visitor = who === 'nobody' ? newVisitor(gateway) : (await newPerson(gateway)).visitor
      const socket = await openSocket(gateway, visitor, '/public/socket', { compress: true })
      for (const text of ['short', 'x'.repeat(100_000), 'ümläut 🜨'])
        expect((await within(5000, echo(socket, text))).data.toString()).toBe(text)
      socket.raw.terminate()
    },
  )

  it('that is never quiet ends within a second of its session all the same', async () => {
    const person = await newPerson(gateway)
    const second = await signInAgain(gateway, person)
    const socket = await openSocket(gateway, second, '/public/socket')
    const message = Buffer.alloc(64 * 1024)
    let [sent, echoed] = [0, 0]
    socket.raw.on('message', () => (echoed += 1))
    const chatter = setInterval(() => {
      while (socket.raw.readyState === socket.raw.OPEN && sent - echoed < 32) {
        socket.raw.send(message)
        sent += 1
      }
    }, 1)
    try {
      await expect.poll(() => echoed, { timeout: 10_000 }).toBeGreaterThan(500)
      await person.visitor.change('POST', '/auth/v1/sessions/revoke-all-others')
      const revokedAt = Date.now()
      const { code, atMs } = await within(5000, socket.ended)
      expect(code).toBe(4401)
      expect(atMs - revokedAt).toBeLessThan(1000)
    } finally {
      clearInterval(chatter)
    }
  })

  it('is opened by GET alone', async () => {
    const lines = [
      'POST /public/socket HTTP/1.1',
      'Host: site.example',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Content-Length: 0',
    ]
    let opened = 0
    sites.on('connection', () => (opened += 1))
    const answer = await sendRaw(gateway.workerd.ports[0] ?? 0, [...lines, '', ''].join('\r\n'))
    // The site's own word: it takes nothing but upgrades.
    expect([answer?.status, answer && header(answer, 'x-portcullis-response')]).toEqual([426, null])
    expect(opened).toBe(0)
  })
})

describe('a session that expires', () => {
  it('takes its WebSocket with 4401 and its event stream with it', async () => {
    const lifeSeconds = 6
    const sessions = { absoluteDays: lifeSeconds / 86_400 }
    const gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, sessions }) })
    try {
      const { visitor } = await newPerson(gateway)
      const [socket, stream] = [
        await openSocket(gateway, visitor, '/ws'),
        await openStream(gateway, visitor, '/events'),
      ]
      const { session } = (await (await visitor.send('GET', '/auth/v1/session')).json()) as {
        session: { expires_at: string }
      }
      const [ending, end] = await within(2 * lifeSeconds * 1000, Promise.all([socket.ended, stream.ended]))
      expect(ending).toMatchObject({ code: 4401, reason: 'session expired' })
      expect(end.isWhole).toBe(true)
      for (const { atMs } of [ending, end]) {
        expect(atMs).toBeGreaterThanOrEqual(Date.parse(session.expires_at))
        expect(atMs).toBeLessThan(Date.parse(session.expires_at) + 1000)
      }
    } finally {
      await gateway.stop()
    }
  })
})
