// The site behind the gateway is down, slow or cut off: the visitor hears it in time, and nothing is sent to it twice.
import { type Server, createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'
import { freePort } from '../../tools/dev/ports.ts'
import { timed } from '../support/within.ts'

const timeoutMs = 400
const unreachableBoundMs = 5000

let gateway: TestGateway
let origin: Server
let port: number
const arrived: string[] = []
let dropped = 0

beforeAll(async () => {
  port = await freePort()
  origin = createServer((request, response) => {
    arrived.push(`${request.method} ${request.url}`)
    if (request.url === '/public/slow') return void response.once('close', () => (dropped += 1))
    if (request.url === '/public/drop') return void response.destroy()
    response.writeHead(200, { 'content-length': '1000' })
    if (request.url === '/public/cut') response.write('half', () => response.destroy())
    else response.end('x'.repeat(1000))
  })
  await new Promise<void>((resolve) => origin.listen(port, '127.0.0.1', resolve))
  gateway = await startGateway({ originUrl: `http://127.0.0.1:${port}` })
  const patience = { origins: [{ id: 'site', url: { env: 'ORIGIN_URL' }, timeoutMs }] }
  await gateway.workerd.restart({ bundle: bundleWith({ ...shippedConfig, ...patience }) })
})
afterAll(async () => {
  await gateway.stop()
  origin.closeAllConnections()
  origin.close()
})

const problemOf = async (response: Response): Promise<[number, string]> => [
  response.status,
  ((await response.json()) as { code: string }).code,
]
const sendsTo = (path: string): number => arrived.filter((line) => line.endsWith(path)).length

describe('a site that does not do its part', () => {
  it('is given up with 504 when it does not answer in time', async () => {
    const { value, ms } = await timed(newVisitor(gateway).send('GET', '/public/slow'))
    expect(await problemOf(value)).toEqual([504, 'origin_timeout'])
    expect(ms).toBeGreaterThanOrEqual(timeoutMs - 5)
    expect(ms).toBeLessThan(unreachableBoundMs)
    // It need not finish for nobody.
    await expect.poll(() => dropped).toBe(1)
  })

  it('gets an unsafe request once, even if it drops the connection', async () => {
    const answer = await newVisitor(gateway).send('POST', '/public/drop', { order: 1 })
    expect(await problemOf(answer)).toEqual([502, 'origin_unreachable'])
    expect(sendsTo('/public/drop')).toBe(1)
  })

  it('passes a body that was cut on as cut, never as whole', async () => {
    const answer = await newVisitor(gateway).send('GET', '/public/cut')
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  it('is reported with 502 within five seconds while it is down, and served again when it is up', async () => {
    const visitor = newVisitor(gateway)
    expect((await visitor.send('GET', '/public/up')).status).toBe(200)
    origin.closeAllConnections()
    await new Promise((resolve) => origin.close(resolve))
    const { value, ms } = await timed(visitor.send('GET', '/public/up'))
    expect(await problemOf(value)).toEqual([502, 'origin_unreachable'])
    expect(ms).toBeLessThan(unreachableBoundMs)
    await new Promise<void>((resolve) => origin.listen(port, '127.0.0.1', resolve))
    expect((await visitor.send('GET', '/public/up')).status).toBe(200)
  })
})
