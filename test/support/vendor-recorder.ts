// Stands between an adapter and a stand-in and writes down what they say to each other.
import { createServer } from 'node:http'
import type { SaidRequest } from './contracts.ts'

export interface Said extends SaidRequest {
  readonly answer: { readonly status: number; readonly body: unknown }
}

export interface Recorder {
  readonly url: string
  during(say: () => Promise<unknown>): Promise<readonly Said[]>
  stop(): Promise<void>
}

/** Said anew by whoever forwards. */
const ofThisHop = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'accept-encoding']

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
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
      )
      const onward = Object.entries(headers).filter(([name]) => !ofThisHop.includes(name))
      const answer = await fetch(target + path, { method, headers: onward, body: text })
      const body: unknown = await answer.json()
      const asked = { method, path, headers, body: readBody(headers['content-type'] ?? '', text) }
      said.push({ ...asked, answer: { status: answer.status, body } })
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
