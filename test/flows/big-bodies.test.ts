import { createHash } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededBytes } from '../../tools/dev/demo-download.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { growthDuring, megabyte as mega } from '../support/memory.ts'
import { newPerson } from '../support/people.ts'
import { openSocket } from '../support/raw-http.ts'
import { startRecordingOrigin } from '../support/recording-origin.ts'

// 1,024 shows the same of a gigabyte and takes about 15 s on two idle cores.
const size = Number(process.env['BIG_BODY_MB'] ?? 256) * mega
const allowedGrowth = 64 * mega

let gateway: TestGateway
let headers: Record<string, string>
beforeAll(async () => {
  gateway = await startGateway()
  const { visitor } = await newPerson(gateway)
  headers = { cookie: `__Host-portcullis=${visitor.cookies.get('__Host-portcullis') ?? ''}` }
})
afterAll(() => gateway.stop())

/** How much larger workerd became at its largest while `run` ran. */
async function growthOf(what: string, run: () => Promise<void>): Promise<number> {
  const start = performance.now()
  const { before, growth } = await growthDuring(gateway.workerd.pid, run)
  const seconds = (performance.now() - start) / 1000
  console.log(
    `${what}: ${size / mega} MB in ${seconds.toFixed(1)} s, workerd ${Math.round(before / mega)} MB and ${Math.round(growth / mega)} MB more at most`,
  )
  return growth
}

async function download(bytes: number): Promise<string> {
  const response = await answerTo(httpRequest(`${gateway.url}/download?bytes=${bytes}&seed=big`, { headers }))
  expect(response.statusCode).toBe(200)
  const hash = createHash('sha256')
  let got = 0
  for await (const chunk of response) {
    hash.update(chunk as Buffer)
    got += (chunk as Buffer).length
  }
  expect(got).toBe(bytes)
  return hash.digest('hex')
}

async function upload(bytes: number, framing: Record<string, string | number>): Promise<string> {
  const request = httpRequest(`${gateway.url}/upload`, { method: 'POST', headers: { ...headers, ...framing } })
  const [response] = await Promise.all([
    answerTo(request),
    pipeline(Readable.from(seededBytes('big', 0, bytes), { objectMode: false }), request),
  ])
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const seen = JSON.parse(Buffer.concat(chunks).toString()) as { bytes: number; sha256: string }
  expect(seen.bytes).toBe(bytes)
  return seen.sha256
}

const answerTo = (request: ReturnType<typeof httpRequest>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
    if (request.method === 'GET') request.end()
  })

function digest(bytes: number): string {
  const hash = createHash('sha256')
  for (const chunk of seededBytes('big', 0, bytes)) hash.update(chunk)
  return hash.digest('hex')
}

describe.skipIf(process.platform !== 'linux')('a body as large as a film', () => {
  let expected: string
  beforeAll(async () => {
    expected = digest(size)
    // What workerd keeps for any body is there before the measurement.
    expect(await download(32 * mega)).toBe(digest(32 * mega))
    await upload(32 * mega, { 'content-length': 32 * mega })
  })

  it('comes down byte for byte, and the gateway holds none of it', async () => {
    const growth = await growthOf('down', async () => expect(await download(size)).toBe(expected))
    expect(growth).toBeLessThan(allowedGrowth)
  }, 180_000)

  it('goes up byte for byte, and the gateway holds none of it', async () => {
    const growth = await growthOf('up', async () =>
      expect(await upload(size, { 'content-length': size })).toBe(expected),
    )
    expect(growth).toBeLessThan(allowedGrowth)
  }, 180_000)

  it('goes up in chunks of unknown number as well', async () => {
    const some = 128 * mega
    expect(await upload(some, { 'transfer-encoding': 'chunked' })).toBe(digest(some))
  })
})

describe('a stream of events', () => {
  it('arrives event by event, and ends at the site when its reader leaves', async () => {
    const streams: ServerResponse[] = []
    const origin = await startRecordingOrigin((_, response) => {
      streams.push(response)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
    })
    const other = await startGateway({ originUrl: origin.url })
    try {
      const socket = await openSocket(other.workerd.ports[0] ?? 0)
      let text = ''
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
      socket.write('GET /public/events HTTP/1.1\r\nHost: site.example\r\nAccept: text/event-stream\r\n\r\n')
      await expect.poll(() => text, { timeout: 10_000 }).toContain('text/event-stream')
      const [stream] = streams
      let isOver = false
      stream?.once('close', () => (isOver = true))
      // Each event is sent only after the one before it was seen: whoever buffers never sees the next.
      for (let id = 1; id <= 20; id += 1) {
        stream?.write(`id: ${id}\ndata: x\n\n`)
        await expect.poll(() => text, { timeout: 10_000, interval: 5 }).toContain(`id: ${id}\n`)
      }
      socket.destroy()
      // The next events find nobody to go to; workerd notices by writing, so a stream that says nothing would stay.
      await expect.poll(() => isOver || (stream?.write('data: more\n\n'), isOver), { timeout: 10_000 }).toBe(true)
    } finally {
      await other.stop()
      await origin.stop()
    }
  })
})
