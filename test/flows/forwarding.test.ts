import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type RawAnswer, header, headerValues, openSocket, parseAnswer, sendRaw } from '../support/raw-http.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type RecordingOrigin, startRecordingOrigin, valuesOf } from '../support/recording-origin.ts'

const text = 'These bytes were squeezed by the site. '.repeat(100)
const squeezed: Readonly<Record<string, Buffer>> = { gzip: gzipSync(text), br: brotliCompressSync(text) }
const cookies = ['a=1; Path=/', 'b=2; Expires=Fri, 31 Dec 2027 23:59:59 GMT', 'c="x, y"; HttpOnly']
const page = Buffer.from('0123456789')

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, kind = '', detail = ''] = (request.url ?? '').replace('/public', '').split('/')
  const answers: Readonly<Record<string, () => unknown>> = {
    status: () =>
      response
        .writeHead(Number(detail), { 'x-site': 'yes' })
        .end(['204', '304'].includes(detail) ? undefined : 'of the site'),
    cookies: () => response.writeHead(200, { 'set-cookie': cookies }).end('ok'),
    squeezed: () => response.writeHead(200, { 'content-encoding': detail }).end(squeezed[detail]),
    redirect: () => response.writeHead(Number(detail), { location: 'https://elsewhere.example/a?b#c' }).end(),
    range: () => {
      if (request.headers['if-none-match'] === '"v1"') return response.writeHead(304, { etag: '"v1"' }).end()
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
      if (from === undefined)
        return response
          .writeHead(200, { etag: '"v1"', 'content-length': 10 })
          .end(request.method === 'HEAD' ? undefined : page)
      const part = page.subarray(Number(from), Number(to) + 1)
      return response.writeHead(206, { etag: '"v1"', 'content-range': `bytes ${from}-${to}/10` }).end(part)
    },
    lies: () =>
      response.writeHead(200, { 'x-portcullis-response': 'ok', 'X-Request-Id': 'chosen by the site' }).end('ok'),
    cut: () => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('x'.repeat(500), () => setTimeout(() => response.destroy(), 100))
    },
    'cut-chunks': () => response.write('x'.repeat(500), () => setTimeout(() => response.destroy(), 100)),
    hangup: () => request.socket.destroy(),
    slow: () => setTimeout(() => response.end('late'), 2_000),
    patient: () => setTimeout(() => response.end('late but fine'), 1_500),
    'slow-body': () => {
      response.write('head ')
      setTimeout(() => response.end('and the rest'), 1_500)
    },
    trailers: () => {
      response.writeHead(200, { trailer: 'x-checksum' })
      response.write('the body is whole')
      response.addTrailers({ 'x-checksum': 'abc' })
      response.end()
    },
    'seen-trailers': () => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(JSON.stringify([Buffer.concat(chunks).toString(), request.trailers])))
    },
    echo: () => {
      response.writeHead(200)
      request.pipe(response)
    },
  }
  const known = answers[kind]
  if (known === undefined) response.end('seen')
  else known()
}

let origin: RecordingOrigin
let gateway: TestGateway
let port: number
beforeAll(async () => {
  origin = await startRecordingOrigin(answer)
  gateway = await startGateway({ originUrl: origin.url })
  port = gateway.workerd.ports[0] ?? 0
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
})

let probes = 0

async function ask(
  line: string,
  lines: readonly string[] = [],
  options: { readonly body?: string; readonly to?: number } = {},
): Promise<RawAnswer> {
  probes += 1
  const head = [`${line} HTTP/1.1`, 'Host: site.example', `x-probe: ${probes}`, ...lines, '', ''].join('\r\n')
  const got = await sendRaw(options.to ?? port, head + (options.body ?? ''))
  if (got === null) throw new Error('no answer')
  return got
}

const requestId = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

describe('an answer of the site', () => {
  it.each([200, 201, 204, 205, 304, 400, 401, 403, 404, 409, 418, 429, 451, 500, 502, 503, 504, 599])(
    'keeps its status: %i',
    async (status) => {
      const got = await ask(`GET /public/status/${status}`)
      expect([got.status, header(got, 'x-site'), header(got, 'x-portcullis-response')]).toEqual([status, 'yes', null])
      expect(got.body.toString()).toBe([204, 205, 304].includes(status) ? '' : 'of the site')
      expect(header(got, 'x-request-id')).toMatch(requestId)
    },
  )

  it('keeps every one of its cookies, each a header of its own', async () => {
    expect(headerValues(await ask('GET /public/cookies'), 'set-cookie')).toEqual(cookies)
  })

  it.each(['gzip', 'br'])('stays compressed as it was, byte for byte: %s', async (encoding) => {
    for (const accept of ['gzip, br', 'identity', '']) {
      const got = await ask(`GET /public/squeezed/${encoding}`, accept === '' ? [] : [`Accept-Encoding: ${accept}`])
      expect(header(got, 'content-encoding')).toBe(encoding)
      expect(got.body.equals(squeezed[encoding] ?? Buffer.alloc(0))).toBe(true)
    }
  })

  it.each([301, 302, 303, 307, 308])('that redirects is passed on, not followed: %i', async (status) => {
    const got = await ask(`GET /public/redirect/${status}`)
    expect([got.status, header(got, 'location')]).toEqual([status, 'https://elsewhere.example/a?b#c'])
  })

  it('may be a part, not modified, or a head without a body', async () => {
    const part = await ask('GET /public/range', ['Range: bytes=2-4'])
    expect([part.status, header(part, 'content-range'), part.body.toString()]).toEqual([206, 'bytes 2-4/10', '234'])
    const unchanged = await ask('GET /public/range', ['If-None-Match: "v1"'])
    expect([unchanged.status, header(unchanged, 'etag')]).toEqual([304, '"v1"'])
    const head = await ask('HEAD /public/range')
    expect([head.status, header(head, 'content-length'), head.body.length]).toEqual([200, '10', 0])
    expect(origin.of(probes).map(({ method }) => method)).toEqual(['HEAD'])
  })

  it('cannot look like one of the gateway, nor choose the request id', async () => {
    const got = await ask('GET /public/lies')
    expect(header(got, 'x-portcullis-response')).toBeNull()
    expect(headerValues(got, 'x-request-id')).toEqual([valuesOf(origin.of(probes)[0] ?? never(), 'x-request-id')[0]])
    expect(header(got, 'x-request-id')).toMatch(requestId)
  })

  it('loses its trailers and their announcement, and nothing else', async () => {
    const socket = await openSocket(port)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    const line = (path: string): string => `GET /public/${path} HTTP/1.1\r\nHost: site.example\r\nTE: trailers\r\n\r\n`
    // Two requests on one connection, at the site's as well: what follows trailers is read where it begins.
    socket.write(line('trailers') + line('status/201'))
    await expect.poll(() => Buffer.concat(chunks).toString(), { timeout: 5_000 }).toContain('of the site')
    socket.destroy()
    const text = Buffer.concat(chunks).toString()
    const got = parseAnswer(Buffer.from(text)) ?? never()
    expect([got.status, got.body.toString(), header(got, 'trailer')]).toEqual([200, 'the body is whole', null])
    expect(text).not.toContain('x-checksum')
    expect(text).toContain('HTTP/1.1 201 ')
  })

  it.each(['cut', 'cut-chunks'])('that is cut in its middle is seen to be cut: %s', async (kind) => {
    const got = await ask(`GET /public/${kind}`)
    expect(got.status).toBe(200)
    expect(got.body.length).toBeLessThanOrEqual(500)
    expect(got.isWhole).toBe(false)
  })
})

describe('a request', () => {
  it.each([
    ['IPv4', '203.0.113.7', '203.0.113.7', 'for=203.0.113.7;host="site.example";proto=http'],
    ['IPv6', '2001:db8::7', '2001:db8::7', 'for="[2001:db8::7]";host="site.example";proto=http'],
  ])('tells the site its client’s address, host and scheme: %s', async (_, ip, forwardedFor, forwarded) => {
    await ask('GET /public/a', [`cf-connecting-ip: ${ip}`, 'X-Forwarded-For: 10.0.0.1', 'Forwarded: for=10.0.0.1'])
    const seen = origin.of(probes)[0] ?? never()
    expect(valuesOf(seen, 'x-forwarded-for')).toEqual([forwardedFor])
    expect(valuesOf(seen, 'forwarded')).toEqual([forwarded])
    expect(valuesOf(seen, 'x-forwarded-host')).toEqual(['site.example'])
    expect(valuesOf(seen, 'x-forwarded-proto')).toEqual(['http'])
    expect(valuesOf(seen, 'traceparent')).toEqual([expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)])
  })

  it('keeps its query and its other headers as they are', async () => {
    await ask('GET /public/a?x=%2F..&y[]=1|2&&z', [
      'Accept: */*;q=0.1',
      'X-Any: a, b',
      'Authorization: Bearer site',
      'If-Match: "a"',
    ])
    const seen = origin.of(probes)[0] ?? never()
    expect(seen.url).toBe('/public/a?x=%2F..&y[]=1|2&&z')
    for (const [name, value] of [
      ['accept', '*/*;q=0.1'],
      ['x-any', 'a, b'],
      ['authorization', 'Bearer site'],
      ['if-match', '"a"'],
    ] as const) {
      expect(valuesOf(seen, name)).toEqual([value])
    }
  })

  it('keeps header bytes that are no UTF-8, and header names that mean something to scripts', async () => {
    const headers = ['X-Latin: caf\xe9', 'X-Utf: caf\xc3\xa9', '__proto__: p', 'constructor: c', '7: n']
    const reserved = ['X-Forwarded-For: 10.0.0.1', 'Connection: close, x-listed', 'X-Listed: no']
    await ask('GET /public/a', [...headers, ...reserved, 'cf-connecting-ip: 203.0.113.7'])
    const seen = origin.of(probes)[0] ?? never()
    for (const line of headers) {
      const [name = '', value] = line.split(': ')
      expect(valuesOf(seen, name.toLowerCase())).toEqual([value])
    }
    expect(valuesOf(seen, 'x-forwarded-for')).toEqual(['203.0.113.7'])
    expect(valuesOf(seen, 'x-listed')).toEqual([])
  })

  it('loses its trailers and their announcement, and nothing else', async () => {
    const lines = ['Transfer-Encoding: chunked', 'Trailer: x-checksum', 'TE: trailers']
    const body = '5\r\nwhole\r\n0\r\nx-checksum: abc\r\nx-auth-user-id: forged\r\n\r\n'
    const got = await ask('POST /public/seen-trailers', lines, { body })
    expect(JSON.parse(got.body.toString())).toEqual(['whole', {}])
    const seen = origin.of(probes)[0] ?? never()
    expect(['trailer', 'te'].map((name) => valuesOf(seen, name))).toEqual([[], []])
  })

  it('may wait for 100 Continue and is then read', async () => {
    const socket = await openSocket(port)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.write(
      'POST /public/echo HTTP/1.1\r\nHost: site.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    )
    await expect.poll(() => Buffer.concat(chunks).toString(), { timeout: 5_000 }).toMatch(/^HTTP\/1\.1 100 /)
    socket.write('hello')
    await expect.poll(() => parseAnswer(Buffer.concat(chunks))?.body.toString(), { timeout: 5_000 }).toBe('hello')
    socket.destroy()
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('that changes something is never sent twice: %s', async (method) => {
    const got = await ask(`${method} /public/hangup`, ['Content-Length: 2'], { body: 'ok' })
    expect([got.status, header(got, 'x-portcullis-response')]).toEqual([502, 'origin_unreachable'])
    expect(origin.of(probes).length).toBe(1)
  })
})

describe('a site that does not answer', () => {
  let impatient: TestGateway
  beforeAll(async () => {
    // Half a second to answer, or the tests would wait half a minute.
    const bundle = bundleWith({
      ...shippedConfig,
      origins: [{ id: 'site', url: { env: 'ORIGIN_URL' }, timeoutMs: 500 }],
      routes: [
        { path: '/public/patient/*', require: 'public', timeoutMs: 20_000 },
        { path: '/public/*', require: 'public' },
      ],
    })
    impatient = await startGateway({ originUrl: origin.url, bundle })
  })
  afterAll(() => impatient.stop())

  it('in time is given up with 504, unless its route is patient or only the body is slow', async () => {
    const to = impatient.workerd.ports[0] ?? 0
    const late = await ask('GET /public/slow', [], { to })
    expect([late.status, header(late, 'x-portcullis-response')]).toEqual([504, 'origin_timeout'])
    expect((await ask('GET /public/patient/x', [], { to })).body.toString()).toBe('late but fine')
    expect((await ask('GET /public/slow-body', [], { to })).body.toString()).toBe('head and the rest')
  })

  it('at all is 502 within 5 s: a page for people, problem+json for programs', async () => {
    const down = await startRecordingOrigin()
    await down.stop()
    const { bindings } = impatient
    await impatient.workerd.restart({ bindings: { ...bindings, ORIGIN_URL: down.url } })
    const to = impatient.workerd.ports[0] ?? 0
    const start = performance.now()
    const program = await ask('GET /public/a', ['Accept: application/json'], { to })
    expect(performance.now() - start).toBeLessThan(5_000)
    expect([program.status, header(program, 'content-type'), header(program, 'cache-control')]).toEqual([
      502,
      'application/problem+json',
      'no-store',
    ])
    expect(JSON.parse(program.body.toString())).toMatchObject({
      code: 'origin_unreachable',
      status: 502,
      request_id: header(program, 'x-request-id'),
    })
    const person = await ask('GET /public/a', ['Accept: text/html', 'Sec-Fetch-Mode: navigate'], { to })
    expect([person.status, header(person, 'content-type')]).toEqual([502, expect.stringContaining('text/html')])
    expect(header(person, 'x-request-id')).toMatch(requestId)
    expect(person.body.toString()).not.toContain(down.url)
  })
})

function never(): never {
  throw new Error('the site saw nothing')
}
