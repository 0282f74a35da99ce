// Stands between an adapter and a stand-in and writes down what they say to each other.
import { createServer } from 'node:http'

export interface Said {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly answer: { readonly status: number; readonly body: unknown }
}

export interface Recorder {
  readonly url: string
  during(say: () => Promise<unknown>): Promise<readonly Said[]>
  stop(): Promise<void>
}

function readBody(contentType: string, text: string): unknown {
  return contentType.startsWith('application/json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))
}

export async function startRecorder(target: string): Promise<Recorder> {
  let said: Said[] = []
  const server = createServer((request, response) => {
    const record = async (): Promise<void> => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString('utf8')
      const { method = 'GET', url: path = '/' } = request
      const contentType = request.headers['content-type'] ?? ''
      const authorization = request.headers.authorization ?? ''
      const answer = await fetch(target + path, {
        method,
        headers: { 'content-type': contentType, authorization },
        body: text,
      })
      const body: unknown = await answer.json()
      said.push({ method, path, body: readBody(contentType, text), answer: { status: answer.status, body } })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    record().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    async during(say) {
      said = []
      await say()
      return said
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
