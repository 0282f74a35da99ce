import { createCipheriv, createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

const zeros = Buffer.alloc(64 * 1024)
const block = 16

/**
 * The key stream of AES in counter mode: looks random, depends on the seed only, costs next to nothing, and can start
 * anywhere, so that a part of it is the same bytes as in the whole.
 */
export function* seededBytes(seed: string, from: number, length: number): Generator<Buffer> {
  const key = createHash('sha256').update(seed).digest().subarray(0, block)
  const counter = Buffer.alloc(block)
  counter.writeBigUInt64BE(BigInt(Math.floor(from / block)), 8)
  const cipher = createCipheriv('aes-128-ctr', key, counter)
  cipher.update(zeros.subarray(0, from % block))
  for (let left = length; left > 0; left -= zeros.length)
    yield cipher.update(zeros.subarray(0, Math.min(left, zeros.length)))
}

/** A single range; 'none' where the header is to be ignored, 'unsatisfiable' for 416. */
const rangeOf = (header: string | undefined, size: number): { from: number; to: number } | 'none' | 'unsatisfiable' => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return 'none'
  const first = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const last = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (match[1] !== '' && match[2] !== '' && Number(match[1]) > Number(match[2])) return 'none'
  return first > last ? 'unsatisfiable' : { from: first, to: last }
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end)
      response.off('close', end)
      resolve()
    }
    response.once('drain', end)
    response.once('close', end)
  })

export const download = async (
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> => {
  const size = Number(query.get('bytes') ?? '1024')
  const seed = query.get('seed') ?? ''
  if (!Number.isSafeInteger(size) || size < 0) {
    response.writeHead(400).end('bytes must be a whole number')
    return
  }
  const etag = `"${createHash('sha256').update(`${size} ${seed}`).digest('hex').slice(0, 32)}"`
  const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', etag }
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end()
    return
  }
  const condition = request.headers['if-range']
  const range = condition === undefined || condition === etag ? rangeOf(request.headers.range, size) : 'none'
  if (range === 'unsatisfiable') {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${size}` }).end()
    return
  }
  const { from, to } = range === 'none' ? { from: 0, to: size - 1 } : range
  response.writeHead(range === 'none' ? 200 : 206, {
    ...headers,
    'content-length': to - from + 1,
    ...(range === 'none' ? {} : { 'content-range': `bytes ${from}-${to}/${size}` }),
  })
  if (request.method !== 'HEAD') {
    for (const bytes of seededBytes(seed, from, to - from + 1)) {
      if (response.destroyed) return
      if (!response.write(bytes)) await drained(response)
    }
  }
  response.end()
}
