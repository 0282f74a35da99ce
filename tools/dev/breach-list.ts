import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

export type BreachListMode = 'ok' | 'fail' | 'hang' | 'portal'

export type BreachListVendor = {
  url: string
  /** What was asked: path and headers, oldest first. */
  asked(): { path: string; padding: string | undefined }[]
  mode(next: BreachListMode): void
  stop(): Promise<void>
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex').toUpperCase()

/** Known to this stand-in and to nobody's list of common passwords. */
export const leakedPassword = 'Tr0ub4dor&3-leaked'

/** A stand-in for the range API of Have I Been Pwned, padding included. */
export const startBreachList = async ({
  leaked = [leakedPassword],
  padding = [],
}: { leaked?: readonly string[]; padding?: readonly string[] } = {}): Promise<BreachListVendor> => {
  const asked: { path: string; padding: string | undefined }[] = []
  const digests = leaked.map(sha1)
  let mode: BreachListMode = 'ok'
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, padding: request.headers['add-padding']?.toString() })
    if (mode === 'hang') return
    if (mode === 'portal') return void response.writeHead(200).end('<h1>Please accept our terms</h1>')
    const prefix = /^\/range\/([0-9A-F]{5})$/.exec(path)?.[1]
    if (mode === 'fail' || prefix === undefined) return void response.writeHead(mode === 'fail' ? 500 : 400).end()
    const found = digests.filter((digest) => digest.startsWith(prefix)).map((digest) => `${digest.slice(5)}:17`)
    const padded = [
      ...Array.from({ length: 800 }, (_, index) => sha1(`${prefix} ${index}`)),
      ...padding.map(sha1).filter((digest) => digest.startsWith(prefix)),
    ].map((digest) => `${digest.slice(5)}:0`)
    response.writeHead(200, { 'content-type': 'text/plain' }).end([...padded, ...found].toSorted().join('\r\n'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => [...asked],
    mode: (next) => {
      mode = next
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
