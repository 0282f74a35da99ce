// The internet as far as a worker can tell: what is meant for this machine goes there, and other addresses answer what a test says.
import { type IncomingMessage, type ServerResponse, createServer, request as ask } from 'node:http'
import { pipeline } from 'node:stream'

export interface Internet {
  /** Host and port of the proxy. */
  readonly address: string
  /** Whole addresses that were asked for, those on this machine left out. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

/** @param documents JSON by its whole address. Whatever else is not of this machine answers 502. */
export async function startInternet(documents: ReadonlyMap<string, unknown>): Promise<Internet> {
  const asked: string[] = []
  // To a proxy workerd names the host in the address alone.
  const server = createServer({ requireHostHeader: false }, (incoming, response) => {
    const url = new URL(incoming.url ?? '')
    if (url.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname))
      return pass(url, incoming, response)
    asked.push(url.href)
    const document = documents.get(url.href)
    response.writeHead(document === undefined ? 502 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? null))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return {
    address: `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pass(url: URL, incoming: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', headers } = incoming
  const onward = ask(url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, response, () => undefined)
  })
  onward.on('error', () => response.destroy())
  pipeline(incoming, onward, () => undefined)
}
