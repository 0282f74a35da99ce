// Stands between a gateway and its database endpoint and breaks the way there as a test asks.
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { startNeonEndpoint } from '../../tools/dev/neon-endpoint.ts'

/**
 * `hang` takes requests and never answers; `cut-once` carries one out and loses its answer; `refuse` drops connections;
 * `startsInMs` is a database at rest, which starts when the first question comes, and answers all that came meanwhile then.
 */
export type ProxyMode =
  | 'pass'
  | 'hang'
  | 'cut-once'
  | 'refuse'
  | { readonly delayMs: number }
  | { readonly startsInMs: number }

export interface DatabaseProxy {
  readonly url: string
  /** Every statement that came, since the last `mode`. */
  statements(): readonly string[]
  mode(next: ProxyMode, only?: RegExp): void
  stop(): Promise<void>
}

export async function startDatabaseProxy(): Promise<DatabaseProxy> {
  const neon = await startNeonEndpoint()
  let current: ProxyMode = 'pass'
  let only: RegExp | undefined
  let seen: string[] = []
  let startsAtMs: number | null = null

  async function pass(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('neon-')) as [string, string][]
    const answer = await fetch(neon.url, {
      method: 'POST',
      headers: [...headers, ['content-type', 'application/json']],
      body: new Uint8Array(body),
    })
    const text = await answer.text()
    if (current === 'cut-once' && matches(body)) {
      current = 'pass'
      response.destroy()
    } else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  }

  function waitMs(): number {
    if (typeof current !== 'object') return 0
    if ('delayMs' in current) return current.delayMs
    startsAtMs ??= performance.now() + current.startsInMs
    return startsAtMs - performance.now()
  }

  const matches = (body: Buffer): boolean => only === undefined || only.test(body.toString('utf8'))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    seen.push(body.toString('utf8'))
    if (matches(body)) {
      if (current === 'hang') return
      if (current === 'refuse') return void response.destroy()
      const wait = waitMs()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    }
    await pass(request, body, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/sql`,
    statements: () => [...seen],
    mode(next, pattern) {
      current = next
      only = pattern
      seen = []
      startsAtMs = null
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      await neon.stop()
    },
  }
}
