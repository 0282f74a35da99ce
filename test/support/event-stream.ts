// An event stream as a page of the site would open it, with everything that arrives and how it ends kept.
import { type IncomingMessage, get } from 'node:http'
import type { TestGateway } from './gateway.ts'
import type { Visitor } from './visitor.ts'

export interface StreamEnd {
  /** Whether it was ended, as opposed to cut off. */
  readonly isWhole: boolean
  readonly atMs: number
}

export interface OpenStream {
  readonly response: IncomingMessage
  /** What has arrived, as it came over the wire but for its chunks. */
  received(): Buffer
  readonly ended: Promise<StreamEnd>
}

export async function openStream(
  gateway: Pick<TestGateway, 'url'>,
  visitor: Visitor,
  path: string,
): Promise<OpenStream> {
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { accept: 'text/event-stream', 'cf-connecting-ip': visitor.ip, ...(cookie === '' ? {} : { cookie }) }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(new URL(path, gateway.url), { headers, agent: false }, resolve).once('error', reject)
  })
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise<StreamEnd>((resolve) => {
    response.once('error', () => undefined)
    response.once('close', () => resolve({ isWhole: response.complete, atMs: Date.now() }))
  })
  return { response, received: () => Buffer.concat(chunks), ended }
}
