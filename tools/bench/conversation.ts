// What takes more than one request, each built from the answer before: how long the whole of it takes.
import { Agent, request } from 'node:http'
import type { Latencies } from './load.ts'

export type Answer = { cookies: readonly string[]; body: string }
export type Post = (path: string, body: unknown, headers: Record<string, string>) => Promise<Answer>

/** Over kept-alive connections; rejects for every answer but 200. */
export const poster = (port: number): { post: Post; end: () => void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const post: Post = (path, body, headers) =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body)
      const own = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const asked = request(
        {
          agent,
          port,
          host: '127.0.0.1',
          path,
          method: 'POST',
          headers: { accept: 'application/json', ...own, ...headers },
        },
        (response) => {
          let answer = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => (answer += chunk))
          response.once('error', reject)
          response.once('end', () => {
            if (response.statusCode === 200) resolve({ cookies: response.headers['set-cookie'] ?? [], body: answer })
            else reject(new Error(`${path} answered ${response.statusCode}: ${answer.slice(0, 200)}`))
          })
        },
      )
      asked.once('error', reject)
      asked.end(text)
    })
  return { post, end: () => agent.destroy() }
}

/** Each begun at its planned moment, a timer's millisecond aside, however many are under way. */
export const openConversations = async (
  converse: (index: number) => Promise<void>,
  perSecond: number,
  total: number,
): Promise<Latencies> => {
  const beganAt = performance.now()
  return Promise.all(
    Array.from({ length: total }, async (_, index) => {
      const dueAt = beganAt + (index * 1000) / perSecond
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())))
      await converse(index)
      return performance.now() - dueAt
    }),
  )
}
