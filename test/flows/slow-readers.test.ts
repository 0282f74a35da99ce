// A WebSocket one side of which does not read: the gateway holds the other side up, or ends it, and does not grow.
import { createHash, randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { growthDuring, megabyte } from '../support/memory.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type OpenSocket, echo, openSocket } from '../support/socket.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'
import { within } from '../support/within.ts'

const total = 200 * megabyte
/** Without a bound it is over 300 MB: what was sent, and what the messages cost that carry it. */
const allowedGrowth = 160 * megabyte
const soonMs = 10_000
const chunk = randomBytes(64 * 1024)
const expectedHash = hashOf(total)

let gateway: TestGateway
let person: Person
let sites: WebSocketServer
const atSite: WebSocket[] = []

beforeAll(async () => {
  sites = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  sites.on('connection', (socket, request) => {
    atSite.push(socket)
    socket.on('error', () => undefined)
    if (request.url?.endsWith('/echo'))
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
// What a process once had it keeps: only a new one shows what it needed.
beforeEach(() => gateway.workerd.restart())

function hashOf(bytes: number): string {
  const hash = createHash('sha256')
  for (let sent = 0; sent < bytes; sent += chunk.length) hash.update(chunk)
  return hash.digest('hex')
}

/** What was given to the connection when it was all, or the connection closed. A window is what may be unanswered. */
async function flood(socket: WebSocket, windowBytes = Number.POSITIVE_INFINITY): Promise<number> {
  let [sent, answered] = [0, 0]
  socket.on('message', (data: Buffer) => (answered = Number(data.toString())))
  while (sent < total && socket.readyState === WebSocket.OPEN) {
    if (socket.bufferedAmount < megabyte && sent - answered < windowBytes) {
      socket.send(chunk)
      sent += chunk.length
    } else await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return sent - socket.bufferedAmount
}

/** Reads everything, and says how much that was from time to time if it answers at all. */
function readAll(socket: WebSocket, answers: boolean): Promise<string> {
  const hash = createHash('sha256')
  let [got, answered] = [0, 0]
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      hash.update(data)
      got += data.length
      if (answers && got - answered >= 2 * megabyte) socket.send(String((answered = got)))
      if (got === total) resolve(hash.digest('hex'))
    })
    socket.once('close', (code) => reject(new Error(`closed with ${code} after ${got} bytes`)))
  })
}

const visitors: Readonly<Record<string, () => Visitor>> = {
  'of nobody': () => newVisitor(gateway),
  'of somebody signed in': () => person.visitor,
}
const open = (visitor: Visitor): Promise<OpenSocket> => openSocket(gateway, visitor, '/public/socket')
const siteOf = (): WebSocket => atSite.at(-1) ?? never()

function never(): never {
  throw new Error('the site saw no socket')
}

/** Neither reads nor says anything from now on. */
const stopReading = (socket: WebSocket): void => socket.pause()

/** Who does not read hears of no close; with the connection goes what waited for it here. Says what got through. */
async function expectTorn(reader: WebSocket): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3000))
  let got = 0
  reader.on('message', (data: Buffer) => (got += data.length))
  const torn = new Promise<number>((resolve) => reader.once('close', resolve))
  reader.resume()
  expect(await within(soonMs, torn)).toBe(1006)
  return got
}

async function measured(what: string, run: () => Promise<void>): Promise<void> {
  const { before, growth } = await growthDuring(gateway.workerd.pid, run)
  console.log(
    `${what}: workerd ${Math.round(before / megabyte)} MB and ${Math.round(growth / megabyte)} MB more at most`,
  )
  expect(growth).toBeLessThan(allowedGrowth)
}

// The size of a process is read from /proc.
const isLinux = process.platform === 'linux'

describe.skipIf(!isLinux).each(Object.entries(visitors))('a WebSocket %s', (name, visitor) => {
  // Nobody's sides need not say anything. Others do, as whoever sends in bulk over a WebSocket has to know how far it got.
  const answers = name !== 'of nobody'
  const window = answers ? 8 * megabyte : Number.POSITIVE_INFINITY

  it('carries 200 MB to a visitor who reads, byte for byte', async () => {
    const socket = await open(visitor())
    await measured(`down ${name}`, async () => {
      const got = readAll(socket.raw, answers)
      await flood(siteOf(), window)
      expect(await got).toBe(expectedHash)
    })
    socket.raw.terminate()
  })

  it('carries 200 MB to a site that reads, byte for byte', async () => {
    const socket = await open(visitor())
    await measured(`up ${name}`, async () => {
      const got = readAll(siteOf(), answers)
      await flood(socket.raw, window)
      expect(await got).toBe(expectedHash)
    })
    socket.raw.terminate()
  })
})

describe.skipIf(!isLinux)('a WebSocket of nobody', () => {
  it.each(['visitor', 'site'])('holds the sender up while the %s does not read, and loses nothing', async (deaf) => {
    const socket = await open(newVisitor(gateway))
    const [reader, sender] = deaf === 'visitor' ? [socket.raw, siteOf()] : [siteOf(), socket.raw]
    stopReading(reader)
    const got = readAll(reader, false)
    await measured(`held up by the ${deaf}`, async () => {
      const sending = flood(sender)
      await expect.poll(() => sender.bufferedAmount, { timeout: soonMs }).toBeGreaterThan(0)
      // As long as a flood to a reader takes; nothing but the buffers of connections fills meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 2000))
      expect(sender.bufferedAmount).toBeGreaterThan(0)
      reader.resume()
      expect(await sending).toBeGreaterThan(total - 2 * megabyte)
    })
    expect(await got).toBe(expectedHash)
    socket.raw.terminate()
  })
})

describe.skipIf(!isLinux)('a WebSocket of somebody signed in', () => {
  it.each(['visitor', 'site'])('is closed with 1013 when the %s does not read, and no other is', async (deaf) => {
    const other = await openSocket(gateway, person.visitor, '/public/echo')
    const socket = await open(person.visitor)
    const [reader, sender] = deaf === 'visitor' ? [socket.raw, siteOf()] : [siteOf(), socket.raw]
    stopReading(reader)
    const closed = new Promise<number>((resolve) => sender.once('close', resolve))
    // More than may be unanswered, and less than that and what the connections hold.
    for (let sent = 0; sent < 36 * megabyte; sent += chunk.length) sender.send(chunk)
    expect(await within(soonMs, closed)).toBe(1013)
    expect(await expectTorn(reader)).toBeLessThan(32 * megabyte)
    expect((await echo(other, 'still here')).data.toString()).toBe('still here')
    other.raw.terminate()
  })

  it.each(['visitor', 'site'])(
    'is cut while the %s does not read, though the other side goes on and on',
    async (deaf) => {
      const socket = await open(person.visitor)
      const [reader, sender] = deaf === 'visitor' ? [socket.raw, siteOf()] : [siteOf(), socket.raw]
      stopReading(reader)
      await measured(`given up for the ${deaf}`, async () => {
        const closed = new Promise((resolve) => sender.once('close', resolve))
        // The code is not stated: whoever leaves no pause may be cut before the close got a turn.
        await flood(sender)
        await within(soonMs, closed)
        await expectTorn(reader)
      })
    },
  )

  it('is torn off when its session ends and the visitor does not read', async () => {
    const visitor = await signInAgain(gateway, person)
    const socket = await open(visitor)
    stopReading(socket.raw)
    const unread = 24 * megabyte
    for (let sent = 0; sent < unread; sent += chunk.length) siteOf().send(chunk)
    await expect.poll(() => siteOf().bufferedAmount, { timeout: soonMs }).toBe(0)
    const closed = new Promise<number>((resolve) => siteOf().once('close', resolve))
    await visitor.change('POST', '/auth/v1/logout')
    expect(await within(soonMs, closed)).toBe(4401)
    expect(await expectTorn(socket.raw)).toBeLessThan(unread)
  })
})
