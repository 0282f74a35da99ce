import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

const canListen = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else if (error.code === 'EACCES')
        reject(new Error(`Port ${port} needs more rights; set PORTCULLIS_PORT to one above 1023.`))
      else reject(error)
    })
    server.listen(port, host, () => server.close(() => resolve(true)))
  })

/** Below those that systems give to outgoing connections, of which tests and load open thousands. */
const [firstPort, lastPort] = [10_240, 32_767]

/** A port nobody listens on now. Another process may still take it first, so whoever binds it has to report that. */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(firstPort, lastPort + 1)
    if (await canListen(port, '127.0.0.1')) return port
  }
  throw new Error(`No port between ${firstPort} and ${lastPort} is free.`)
}

const answers = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host })
    const end = (result: boolean): void => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(500, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })

export const portInUse = (port: number): Error =>
  new Error(`Port ${port} is already in use; set PORTCULLIS_PORT to another one.`)

/**
 * A server on the wildcard address or on ::1 would not stop us from binding 127.0.0.1, yet take the browser's
 * requests.
 */
export const assertPortFree = async (port: number): Promise<void> => {
  if (!(await canListen(port, '127.0.0.1')) || (await answers(port, 'localhost'))) throw portInUse(port)
}
