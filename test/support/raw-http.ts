// Requests as bytes on a socket, and what comes back: for messages that no HTTP client would send.
import { type Socket, connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Whether the body ended as its framing announced. */
  readonly isWhole: boolean
}

export const header = (answer: RawAnswer, name: string): string | null =>
  answer.headers.find(([candidate]) => candidate === name)?.[1] ?? null

export const headerValues = (answer: RawAnswer, name: string): readonly string[] =>
  answer.headers.flatMap(([candidate, value]) => (candidate === name ? [value] : []))

/** Strings are latin1: one character per byte. Resolves to null when the connection ends without an answer. */
export function sendRaw(
  port: number,
  bytes: string | Buffer,
  options: { readonly patienceMs?: number } = {},
): Promise<RawAnswer | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const isHead = (typeof bytes === 'string' ? bytes : bytes.toString('latin1', 0, 5)).startsWith('HEAD ')
    const settle = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(parseAnswer(Buffer.concat(chunks), isHead))
    }
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no whole answer within ${options.patienceMs ?? 15_000} ms`))
    }, options.patienceMs ?? 15_000)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      if (parseAnswer(Buffer.concat(chunks), isHead)?.isWhole === true) settle()
    })
    // The other side may answer and hang up before it has read everything; the answer counts.
    socket.on('error', settle)
    socket.on('close', settle)
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  })
}

/** A socket that is open and lets the test decide what is written when. */
export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** The first final answer in `bytes`, as far as it is there; null before its head is whole. */
export function parseAnswer(bytes: Buffer, isHead = false): RawAnswer | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return null
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? Number.NaN)
  const rest = bytes.subarray(end + 4)
  if (status >= 100 && status < 200 && status !== 101) return parseAnswer(rest, isHead)
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const named = (name: string): string | undefined => headers.find(([candidate]) => candidate === name)?.[1]
  if (isHead || status === 204 || status === 304) return { status, headers, body: Buffer.alloc(0), isWhole: true }
  if (named('transfer-encoding') === 'chunked') return { status, headers, ...unchunked(rest) }
  const length = named('content-length')
  const isWhole = length !== undefined && rest.length >= Number(length)
  return { status, headers, body: length === undefined ? rest : rest.subarray(0, Number(length)), isWhole }
}

function unchunked(bytes: Buffer): { body: Buffer; isWhole: boolean } {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) break
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (size === 0) return { body: Buffer.concat(parts), isWhole: bytes.includes('\r\n', line + 2) }
    if (bytes.length < line + 2 + size) break
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return { body: Buffer.concat(parts), isWhole: false }
}
