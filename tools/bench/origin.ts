// A program of its own: the site behind everything that is measured. As little as a server can be, so that it is never
// what a figure shows. Prints its port, and ends with its input.
import { createServer, type AddressInfo } from 'node:net'

const body = `<!doctype html><title>Page</title><p>${'All work and no play. '.repeat(40)}</p>\n`
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncache-control: private, max-age=0\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
)

const server = createServer({ noDelay: true }, (socket) => {
  let rest = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    // Requests without a body: each ends at its blank line.
    const parts = (rest + chunk.toString('latin1')).split('\r\n\r\n')
    rest = parts.pop() ?? ''
    for (let i = 0; i < parts.length; i += 1) socket.write(answer)
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.stdin.resume()
process.stdin.once('end', () => process.exit(0))
