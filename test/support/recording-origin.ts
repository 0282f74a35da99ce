// A site that writes down what reaches it, byte for byte as far as HTTP has bytes, and answers as the test wants.
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'

export interface Received {
  readonly method: string
  /** The request target as it stood in the request line. */
  readonly url: string
  /** As sent, in order, with their case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly trailers: NodeJS.Dict<string>
}

export type Answerer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

export interface RecordingOrigin {
  readonly url: string
  readonly received: Received[]
  /** What was received with the header `x-probe: <probe>`. */
  of(probe: string | number): readonly Received[]
  stop(): Promise<void>
}

export const valuesOf = (received: Received, name: string): readonly string[] =>
  received.headers.flatMap(([candidate, value]) => (candidate.toLowerCase() === name ? [value] : []))

/** Without an answerer every request is read to its end and answered with 200; with one, bodies are its concern. */
export async function startRecordingOrigin(answerer?: Answerer): Promise<RecordingOrigin> {
  const received: Received[] = []
  const server = createServer(
    { maxHeaderSize: 1024 * 1024, requestTimeout: 0, keepAliveTimeout: 120_000 },
    (request, response) => {
      const record = (body: Buffer): void => {
        received.push({
          method: request.method ?? '',
          url: request.url ?? '',
          headers: pairs(request.rawHeaders),
          body,
          trailers: request.trailers,
        })
      }
      if (answerer !== undefined) {
        record(Buffer.alloc(0))
        void answerer(request, response)
        return
      }
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('error', () => response.destroy())
      request.on('end', () => {
        record(Buffer.concat(chunks))
        response.end('seen')
      })
    },
  )
  server.maxHeadersCount = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    of: (probe) => received.filter((request) => valuesOf(request, 'x-probe').includes(String(probe))),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? '', raw[2 * index + 1] ?? ''] as const)
}
