import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type WebSocket, WebSocketServer } from 'ws'
import { download } from './demo-download.ts'
import { escapeHtml, homePage, page, signOutLink, table } from './demo-pages.ts'
import { type Visitor, visitorReader } from './demo-visitor.ts'

export type DemoOrigin = { url: string; port: number; stop(): Promise<void> }

type Call = { request: IncomingMessage; response: ServerResponse; path: string; query: URLSearchParams }
type Handler = (call: Call) => void | Promise<void>

const largestForm = 1024 * 1024

const sendHtml = ({ request, response }: Call, html: string, status = 200): void => {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(html) })
  response.end(request.method === 'HEAD' ? undefined : html)
}

const sendJson = ({ request, response }: Call, value: unknown, status = 200): void => {
  const json = JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) })
  response.end(request.method === 'HEAD' ? undefined : json)
}

const wantsJson = ({ request }: Call): boolean => (request.headers.accept ?? '').includes('application/json')

const rawHeaders = (request: IncomingMessage): [string, string][] =>
  Array.from({ length: request.rawHeaders.length / 2 }, (_, i) => [
    request.rawHeaders[2 * i] ?? '',
    request.rawHeaders[2 * i + 1] ?? '',
  ])

const received = (request: IncomingMessage): { method: string; url: string; headers: [string, string][] } => ({
  method: request.method ?? '',
  url: request.url ?? '',
  headers: rawHeaders(request),
})

const milliseconds = (text: string | null, otherwise: number): number => {
  const value = Number(text ?? otherwise)
  return Number.isFinite(value) && value >= 0 && value <= 2 ** 31 - 1 ? value : otherwise
}

const identity = ({ user, assertion }: Visitor): [string, string][] => [
  ['User', user?.id ?? 'nobody'],
  ['E-mail', user?.email ?? 'unknown'],
  ['Name', user?.name ?? 'unknown'],
  ['Roles', user?.roles.join(', ') || 'none'],
  ['Assertion', assertion === null ? 'not checked' : assertion.valid ? 'valid' : `invalid: ${assertion.reason}`],
]

const showForm: Handler = (call) =>
  sendHtml(
    call,
    page(
      'Form',
      `<form method="post" action="/form">
<p><label>Your name <input name="name"></label></p>
<p><label>Message <textarea name="message"></textarea></label></p>
<p><button type="submit">Send</button></p>
</form>`,
    ),
  )

const takeForm: Handler = async (call) => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of call.request) {
    size += (chunk as Buffer).length
    if (size > largestForm) return sendHtml(call, page('Too large', '<p>A form takes up to 1 MB.</p>'), 413)
    chunks.push(chunk as Buffer)
  }
  const fields = [...new URLSearchParams(Buffer.concat(chunks).toString('utf8'))]
  if (wantsJson(call)) return sendJson(call, { fields })
  sendHtml(call, page('Form received', `${table(['Field', 'Value'], fields)}<p><a href="/form">Again</a></p>`))
}

const upload: Handler = async (call) => {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of call.request) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  sendJson(call, { bytes, sha256: hash.digest('hex') })
}

const events: Handler = ({ response, query }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  let id = 0
  const send = (): void => {
    // Who does not read gets fewer events, instead of filling our memory.
    if (response.writableNeedDrain) return
    id += 1
    response.write(`id: ${id}\nevent: tick\ndata: ${JSON.stringify({ id, at: new Date().toISOString() })}\n\n`)
  }
  send()
  const timer = setInterval(send, Math.max(1, milliseconds(query.get('every'), 1000)))
  response.once('close', () => clearInterval(timer))
}

const compressed =
  (encoding: string, compress: (body: string) => Buffer): Handler =>
  ({ request, response }) => {
    const body = compress(page(encoding, `<p>This page left the site as ${encoding}.</p>`.repeat(50)))
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': encoding,
      'content-length': body.length,
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

const cut: Handler = async ({ response, query }) => {
  const half = Buffer.alloc(milliseconds(query.get('bytes'), 100_000) >> 1, 'x')
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': half.length * 2 })
  await new Promise<void>((resolve) => response.write(half, () => resolve()))
  response.destroy()
}

const trailers: Handler = ({ response }) => {
  const body = 'The checksum follows.\n'
  response.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-checksum' })
  response.write(body)
  response.addTrailers({ 'x-checksum': createHash('sha256').update(body).digest('hex') })
  response.end()
}

const status: Handler = (call) => {
  const code = Number(call.path.slice('/status/'.length))
  if (!Number.isInteger(code) || code < 200 || code > 599) return sendHtml(call, page('No such status', ''), 404)
  if ([204, 205, 304].includes(code)) call.response.writeHead(code).end()
  else sendHtml(call, page(`Status ${code}`, ''), code)
}

const notFound: Handler = (call) => {
  const { method, url } = received(call.request)
  if (wantsJson(call)) return sendJson(call, { error: 'not_found', method, url }, 404)
  sendHtml(call, page('Not found', `<p>${escapeHtml(method)} ${escapeHtml(url)}</p>`), 404)
}

const showHeaders: Handler = (call) => {
  const { method, url, headers } = received(call.request)
  if (wantsJson(call)) return sendJson(call, { method, url, headers })
  sendHtml(call, page('Headers', `<p>${escapeHtml(method)} ${escapeHtml(url)}</p>${table(['Name', 'Value'], headers)}`))
}

const routes = (visitor: (request: IncomingMessage) => Promise<Visitor>): Record<string, Handler> => ({
  '/': (call) => sendHtml(call, homePage()),
  '/private': async (call) => {
    const who = await visitor(call.request)
    sendHtml(
      call,
      page(
        `Hello ${who.user?.name ?? who.user?.email ?? who.user?.id ?? 'stranger'}`,
        table(['What', 'Value'], identity(who)) + signOutLink,
      ),
    )
  },
  '/admin': async (call) => {
    const who = await visitor(call.request)
    sendHtml(
      call,
      page('Administration', `<p>Only administrators get here.</p>${table(['What', 'Value'], identity(who))}`),
    )
  },
  '/api/me': async (call) => {
    const who = await visitor(call.request)
    sendJson(call, who, who.user === null ? 401 : 200)
  },
  '/headers': showHeaders,
  '/form': (call) => (call.request.method === 'POST' ? takeForm(call) : showForm(call)),
  '/upload': (call) => (call.request.method === 'GET' ? notFound(call) : upload(call)),
  '/download': ({ request, response, query }) => download(request, response, query),
  '/events': events,
  '/cookies': (call) => {
    call.response.setHeader('set-cookie', [
      'a=1; Path=/',
      'b=2; Path=/; HttpOnly',
      'c=3; Path=/; Expires=Fri, 31 Dec 2027 23:59:59 GMT',
    ])
    sendHtml(call, page('Cookies', '<p>Three cookies were set.</p>'))
  },
  '/redirect': ({ response, query }) => {
    const to = query.get('to') ?? '/'
    response.writeHead(302, { location: /^[\x21-\x7E]*$/.test(to) ? to : encodeURI(to) }).end()
  },
  '/gzip': compressed('gzip', gzipSync),
  '/brotli': compressed('br', (body) => brotliCompressSync(body)),
  '/slow': async (call) => {
    await sleep(milliseconds(call.query.get('ms'), 1000))
    sendHtml(call, page('Slow', '<p>That took a while.</p>'))
  },
  '/cut': cut,
  '/trailers': trailers,
})

const handlerFor = (known: Record<string, Handler>, path: string): Handler => {
  if (Object.hasOwn(known, path)) return known[path] ?? notFound
  if (path === '/public' || path.startsWith('/public/')) {
    return (call) => sendHtml(call, page('A public page', `<p>Everybody may read ${escapeHtml(path)}.</p>`))
  }
  return path.startsWith('/status/') ? status : notFound
}

/** Split by hand: a URL parser would tidy up what this site is there to show untouched. */
const split = (url: string): { path: string; query: URLSearchParams } => {
  const at = url.indexOf('?')
  return at < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) }
}

const serveSockets = (socket: WebSocket, request: IncomingMessage, path: string): void => {
  socket.on('error', () => socket.terminate())
  if (path === '/ws/headers') socket.send(JSON.stringify(received(request)))
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

/** A small but real site to stand behind the gateway, for development, the tests and the load programs. */
export const startDemoOrigin = async (
  options: { port?: number | undefined; issuer?: string | undefined; audience?: string | undefined } = {},
): Promise<DemoOrigin> => {
  const known = routes(visitorReader(options.issuer, options.audience ?? 'site'))
  // Uploads may take as long as they like, and the gateway re-uses connections for longer than Node's 5 s.
  const server = createServer(
    { requestTimeout: 0, keepAliveTimeout: 120_000, maxHeaderSize: 128 * 1024 },
    (request, response) => {
      const call = { request, response, ...split(request.url ?? '/') }
      Promise.resolve()
        .then(() => handlerFor(known, call.path)(call))
        .catch(() => {
          if (response.headersSent) response.destroy()
          else sendHtml(call, page('Something went wrong', ''), 500)
        })
    },
  )

  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const { path } = split(request.url ?? '/')
    if (path !== '/ws' && path !== '/ws/headers') {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => serveSockets(opened, request, path))
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await closed
    },
  }
}
