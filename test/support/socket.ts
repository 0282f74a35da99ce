// A WebSocket client of a visitor: what a page of the site would open, with everything that happens to it kept.
import type { IncomingHttpHeaders } from 'node:http'
import { WebSocket } from 'ws'
import type { TestGateway } from './gateway.ts'
import type { Visitor } from './visitor.ts'

export interface Ending {
  readonly code: number
  readonly reason: string
  readonly atMs: number
}

export interface OpenSocket {
  readonly raw: WebSocket
  /** The headers it was opened with. */
  readonly handshake: IncomingHttpHeaders
  readonly messages: readonly { readonly data: Buffer; readonly isBinary: boolean }[]
  /** Resolves when it is closed, however that came. */
  readonly ended: Promise<Ending>
}

export interface SocketOptions {
  /** Another front door than the first. */
  readonly url?: string
  /** What the browser says; null for a program that says nothing. */
  readonly origin?: string | null
  readonly protocols?: readonly string[]
  /** Offers permessage-deflate. */
  readonly compress?: boolean
}

/** The headers and cookies an upgrade of this visitor carries. */
function upgradeHeaders(
  gateway: Pick<TestGateway, 'url'>,
  visitor: Visitor,
  origin: string | null | undefined,
): Record<string, string> {
  const jar = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    'cf-connecting-ip': visitor.ip,
    ...(jar === '' ? {} : { cookie: jar }),
    ...(origin === null ? {} : { origin: origin ?? gateway.url }),
  }
}

function create(gateway: Pick<TestGateway, 'url'>, visitor: Visitor, path: string, options: SocketOptions): WebSocket {
  const url = new URL(path, options.url ?? gateway.url)
  url.protocol = 'ws:'
  return new WebSocket(url, [...(options.protocols ?? [])], {
    headers: upgradeHeaders(gateway, visitor, options.origin),
    perMessageDeflate: options.compress ?? false,
  })
}

export async function openSocket(
  gateway: Pick<TestGateway, 'url'>,
  visitor: Visitor,
  path: string,
  options: SocketOptions = {},
): Promise<OpenSocket> {
  const raw = create(gateway, visitor, path, options)
  const messages: { data: Buffer; isBinary: boolean }[] = []
  raw.on('message', (data, isBinary) => messages.push({ data: data as Buffer, isBinary }))
  const ended = new Promise<Ending>((resolve) => {
    raw.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8'), atMs: Date.now() }))
  })
  const upgraded = new Promise<IncomingHttpHeaders>((resolve) => {
    raw.once('upgrade', (response) => resolve(response.headers))
  })
  await new Promise<void>((resolve, reject) => {
    raw.once('open', resolve)
    raw.once('error', reject)
  })
  raw.on('error', () => undefined)
  return { raw, handshake: await upgraded, messages, ended }
}

/** The answer of an upgrade that is refused. */
export async function refusedUpgrade(
  gateway: Pick<TestGateway, 'url'>,
  visitor: Visitor,
  path: string,
  options: SocketOptions = {},
): Promise<{ status: number; contentType: string; code: string; requestId: string }> {
  const raw = create(gateway, visitor, path, options)
  raw.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    raw.once('open', () => {
      raw.terminate()
      reject(new Error('the upgrade was let through'))
    })
    raw.once('unexpected-response', (_, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
      response.on('end', () => {
        const { code, request_id: requestId } = JSON.parse(body) as { code: string; request_id: string }
        const contentType = response.headers['content-type'] ?? ''
        resolve({ status: response.statusCode ?? 0, contentType, code, requestId })
      })
    })
  })
}

/** Sends and waits for the echo; proves that the socket works at this moment. */
export async function echo(
  socket: OpenSocket,
  data: string | Buffer,
): Promise<{ readonly data: Buffer; readonly isBinary: boolean }> {
  if (socket.raw.readyState !== WebSocket.OPEN) throw new Error('closed already')
  return new Promise((resolve, reject) => {
    socket.raw.once('message', (answer, isBinary) => resolve({ data: answer as Buffer, isBinary }))
    socket.raw.once('close', () => reject(new Error('closed instead of echoed')))
    socket.raw.send(data)
  })
}
