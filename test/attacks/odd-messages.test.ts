import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type RawAnswer, header, openSocket, sendRaw } from '../support/raw-http.ts'
import { type Received, type RecordingOrigin, startRecordingOrigin, valuesOf } from '../support/recording-origin.ts'

let origin: RecordingOrigin
let gateway: TestGateway
let port: number
beforeAll(async () => {
  origin = await startRecordingOrigin()
  gateway = await startGateway({ originUrl: origin.url })
  port = gateway.workerd.ports[0] ?? 0
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
})

let probes = 0
type Seen = { readonly answer: RawAnswer | null; readonly received: readonly Received[] }

async function send(firstLine: string, lines: readonly string[], body = ''): Promise<Seen> {
  probes += 1
  const head = [firstLine, ...lines, `x-probe: ${probes}`, '', ''].join('\r\n')
  const answer = await sendRaw(port, head + body)
  return { answer, received: origin.of(probes) }
}

const host = 'Host: site.example'
const codeOf = ({ answer }: Seen): string | null => (answer === null ? null : header(answer, 'x-portcullis-response'))

describe('a Host header', () => {
  it.each([
    ['twice', ['Host: a.example', 'Host: b.example']],
    ['twice the same', ['Host: a.example', 'Host: a.example']],
    ['a list', ['Host: a.example, b.example']],
    ['a quote', ['Host: a.example"']],
    ['a path', ['Host: a.example/admin']],
    ['a query', ['Host: a.example?']],
    ['a fragment', ['Host: a.example#']],
    ['userinfo', ['Host: u@a.example']],
    ['a backslash', ['Host: a\\b']],
    ['a space', ['Host: a b']],
    ['an escape', ['Host: a%2fb']],
    ['a semicolon', ['Host: a.example;host=evil']],
    ['a number that is an address to some', ['Host: 0x7f.1']],
    ['a broken port', ['Host: a.example:x']],
    ['empty', ['Host:']],
    ['missing', []],
    ['a lone carriage return', ['Host: a\rX-Forwarded-User: b']],
    ['folded over two lines', ['Host: a', ' b']],
  ])('that is or holds this is refused and nothing is forwarded: %s', async (_, lines) => {
    const seen = await send('GET /public/a HTTP/1.1', lines)
    expect(seen.answer?.status).toBe(400)
    expect(seen.received).toEqual([])
  })

  it('decides the forwarded host even when the target names another', async () => {
    const seen = await send('GET http://other.example/public/a?x HTTP/1.1', ['Host: site.example:8080'])
    expect(seen.received.map(({ url }) => url)).toEqual(['/public/a?x'])
    expect(valuesOf(seen.received[0] as Received, 'x-forwarded-host')).toEqual(['site.example:8080'])
    expect(valuesOf(seen.received[0] as Received, 'forwarded')).toEqual([
      'for=unknown;host="site.example:8080";proto=http',
    ])
  })
})

describe('a method', () => {
  // workerd refuses these itself: 501 for methods it does not know, 500 for a tunnel no worker of its offers.
  it.each(['CONNECT site.example:443', 'get /public/a', 'Get /public/a', 'FOO /public/a', 'TRACK /public/a', 'PRI *'])(
    'that is no request to a site reaches no origin: %s',
    async (line) => {
      const seen = await send(`${line} HTTP/1.1`, [host, 'Content-Length: 0'])
      expect([500, 501]).toContain(seen.answer?.status)
      expect(seen.received).toEqual([])
    },
  )

  it('TRACE is refused, for it would echo what only the gateway may see', async () => {
    const seen = await send('TRACE /public/a HTTP/1.1', [host])
    expect([seen.answer?.status, codeOf(seen)]).toEqual([405, 'method_not_allowed'])
    expect(seen.received).toEqual([])
  })

  it('OPTIONS * is about the server, not about a page, and is refused', async () => {
    const seen = await send('OPTIONS * HTTP/1.1', [host])
    expect([seen.answer?.status, codeOf(seen)]).toEqual([400, 'bad_target'])
    expect(seen.received).toEqual([])
  })

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY'])(
    '%s arrives as it was sent',
    async (method) => {
      const seen = await send(`${method} /public/a HTTP/1.1`, [host, 'Content-Length: 0'])
      expect(seen.received.map((received) => received.method)).toEqual([method])
    },
  )
})

describe('the framing of a message', () => {
  it.each([
    ['two lengths', ['Content-Length: 3', 'Content-Length: 4'], 'abcd'],
    ['a signed length', ['Content-Length: +3'], 'abc'],
    ['a negative length', ['Content-Length: -1'], ''],
    ['a list of lengths', ['Content-Length: 3, 3'], 'abc'],
    ['an unknown coding', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['chunked and something after', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'],
    ['a compressed coding', ['Transfer-Encoding: gzip, chunked'], '3\r\nabc\r\n0\r\n\r\n'],
    ['a space before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['a folded line', ['X-A: a', ' b', 'Content-Length: 0'], ''],
    ['a folded line with a tab', ['X-A: a', '\tb', 'Content-Length: 0'], ''],
    ['a NUL in a name', ['X\0A: a', 'Content-Length: 0'], ''],
    ['a NUL in a value', ['X-A: a\0b', 'Content-Length: 0'], ''],
  ])('that two servers could read differently is refused: %s', async (_, lines, body) => {
    const seen = await send('POST /public/a HTTP/1.1', [host, ...lines, 'Connection: close'], body)
    expect(seen.answer?.status).toBe(400)
    expect(seen.received).toEqual([])
  })

  it.each(['GET', 'HEAD'])('of a %s that has a body keeps the body', async (method) => {
    const seen = await send(`${method} /public/a HTTP/1.1`, [host, 'Content-Length: 3'], 'abc')
    expect(seen.answer?.status).toBe(200)
    expect(seen.received.map(({ body }) => body.toString())).toEqual(['abc'])
    const chunked = await send(
      `${method} /public/a HTTP/1.1`,
      [host, 'Transfer-Encoding: chunked'],
      '3\r\nabc\r\n0\r\n\r\n',
    )
    expect([chunked.answer?.status, chunked.received]).toEqual([400, []])
  })

  it('with a length and chunks arrives as the chunks say, as one message, and smuggles none behind it', async () => {
    const smuggled = 'GET /private HTTP/1.1\r\nHost: site.example\r\nx-probe: smuggled\r\n\r\n'
    const lines = [host, 'Content-Length: 5', 'Transfer-Encoding: chunked']
    const seen = await send('POST /public/a HTTP/1.1', lines, `3\r\nabc\r\n0\r\n\r\n${smuggled}`)
    expect(seen.received.map(({ body }) => body.toString())).toEqual(['abc'])
    expect(origin.of('smuggled')).toEqual([])
    const [received] = seen.received
    const framing = received?.headers.filter(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))
    expect(framing?.length).toBe(1)
  })

  it.each([
    ['an extension', '3;a=b\r\nabc\r\n0\r\n\r\n', 'abc'],
    ['leading zeros', '00003\r\nabc\r\n0\r\n\r\n', 'abc'],
    ['trailers', '3\r\nabc\r\n0\r\nX-Auth-User-Id: forged\r\n\r\n', 'abc'],
    ['a hexadecimal prefix', '0x3\r\nabc\r\n0\r\n\r\n', null],
    ['bare line feeds', '3\nabc\n0\n\n', null],
    ['a size beyond all bounds', 'FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n', null],
    ['too much in a chunk', '3\r\nabcdef\r\n0\r\n\r\n', null],
    ['a sign', '+3\r\nabc\r\n0\r\n\r\n', null],
  ])('of a chunk arrives whole or not at all: %s', async (_, body, expected) => {
    probes += 1
    const socket = await openSocket(port)
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.end(`POST /public/a HTTP/1.1\r\n${host}\r\nx-probe: ${probes}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)
    socket.resume()
    await closed
    expect(origin.of(probes).map((received) => received.body.toString())).toEqual(expected === null ? [] : [expected])
    expect(JSON.stringify(origin.of(probes))).not.toContain('forged')
  })

  it('after a refused message does not confuse the next on the connection', async () => {
    const first = `POST /nowhere-public HTTP/1.1\r\n${host}\r\nContent-Length: 70\r\n\r\n`
    const inside = 'GET /public/a HTTP/1.1\r\nHost: site.example\r\nx-probe: inside\r\n\r\n'.padEnd(70, ' ')
    await sendRaw(port, `${first}${inside}GET /public/b HTTP/1.1\r\n${host}\r\nx-probe: after\r\n\r\n`)
    expect(origin.of('inside')).toEqual([])
  })
})

describe('a flood of headers', () => {
  it.each([
    ['one of 10 MB', `X-Big: ${'a'.repeat(10 * 1024 * 1024)}\r\n`],
    ['10 MB of many', `X-Many: ${'a'.repeat(1000)}\r\n`.repeat(10 * 1024)],
    ['100,000 short', 'X: a\r\n'.repeat(100_000)],
  ])('is refused and reaches no origin: %s', async (_, lines) => {
    probes += 1
    const answer = await sendRaw(port, `GET /public/a HTTP/1.1\r\n${host}\r\nx-probe: ${probes}\r\n${lines}\r\n`)
    // null: the connection was cut before all was written.
    expect([null, 400, 413, 431]).toContain(answer?.status ?? null)
    expect(origin.of(probes)).toEqual([])
    expect((await send('GET /public/a HTTP/1.1', [host])).answer?.status).toBe(200)
  })
})
