import { type Socket, connect } from 'node:net'

/** One kept-alive connection. `send` hands over the next request; `done` is called when its answer has come whole. */
export type Connection = { send(request: Buffer): void; end(): void }

type Opened = {
  port: number
  /** The status that every answer must have: a cheap answer that is wrong would win every comparison. */
  expects?: number
  done: (connection: Connection) => void
  fail: (error: Error) => void
}

const blankLine = Buffer.from('\r\n\r\n')

/** How many bytes of the answer are still to come after `buffer`, or null while its head is not complete. */
const remaining = (buffer: Buffer, expects: number): number | null => {
  const end = buffer.indexOf(blankLine)
  if (end === -1) return null
  const head = buffer.toString('latin1', 0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (!head.startsWith(`HTTP/1.1 ${expects} `)) throw new Error(`answered ${head.replaceAll('\r\n', ', ')}`)
  if (length === undefined) throw new Error('answered without content-length')
  return end + blankLine.length + Number(length) - buffer.length
}

/** Fewer steps than any HTTP client: what the load costs here is taken from the server that shares the machine. */
export const openConnection = ({ port, expects = 200, done, fail }: Opened): Promise<Connection> =>
  new Promise((opened, refused) => {
    let missing: number | null = null
    let head: Buffer | null = null
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const connection: Connection = {
      send(request) {
        missing = null
        head = null
        socket.write(request)
      },
      end() {
        socket.removeAllListeners('close')
        socket.destroy()
      },
    }
    socket.once('connect', () => opened(connection))
    socket.once('error', (error) => {
      refused(error)
      fail(error)
    })
    socket.once('close', () => fail(new Error('the server closed the connection')))
    socket.on('data', (chunk) => {
      try {
        if (missing === null) {
          head = head === null ? chunk : Buffer.concat([head, chunk])
          missing = remaining(head, expects)
        } else missing -= chunk.length
        if (missing === 0) done(connection)
        else if (missing !== null && missing < 0) throw new Error('answered more than was asked')
      } catch (error) {
        socket.destroy()
        fail(error instanceof Error ? error : new Error(String(error)))
      }
    })
  })
