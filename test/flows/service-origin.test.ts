// A site behind a service binding: everything goes through the binding, whatever kind of traffic it is.
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { startRecordingOrigin } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { echo, openSocket } from '../support/socket.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'
import { within } from '../support/within.ts'

let service: Server
let gateway: TestGateway
let person: Person
const seen: { url: string; host: string; user: string | undefined }[] = []

beforeAll(async () => {
  const sockets = new WebSocketServer({ noServer: true })
  const note = (url = '', headers: NodeJS.Dict<string | string[]> = {}): void => {
    seen.push({ url, host: String(headers['host']), user: headers['x-auth-user-id']?.toString() })
  }
  service = createServer((request, response) => {
    note(request.url, request.headers)
    response.end('of the service')
  })
  service.on('upgrade', (request, socket, head) => {
    note(request.url, request.headers)
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on('error', () => undefined)
      opened.on('message', (data, isBinary) => opened.send(data, { binary: isBinary }))
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  // Where requests by name would end up: nobody is there.
  const nobody = await startRecordingOrigin()
  await nobody.stop()
  gateway = await startGateway({
    originUrl: nobody.url,
    services: { SITE: `127.0.0.1:${(service.address() as AddressInfo).port}` },
    bundle: bundleWith({ ...shippedConfig, origins: [{ id: 'site', service: 'SITE' }] }),
  })
  person = await newPerson(gateway)
})
afterAll(async () => {
  await gateway.stop()
  service.closeAllConnections()
  await new Promise((resolve) => service.close(resolve))
})

describe('a site behind a service binding', () => {
  it.each(['GET', 'POST'])('answers a request: %s', async (method) => {
    const answer = await person.visitor.send(method, '/api/x?a=b', method === 'POST' ? { a: 1 } : undefined)
    expect([answer.status, await answer.text()]).toEqual([200, 'of the service'])
    expect(seen.at(-1)).toEqual({ url: '/api/x?a=b', host: new URL(gateway.url).host, user: person.userId })
  })

  const visitors: Readonly<Record<string, () => Visitor>> = {
    nobody: () => newVisitor(gateway),
    'somebody signed in': () => person.visitor,
  }
  it.each(Object.keys(visitors))('opens a WebSocket for %s', async (who) => {
    const socket = await openSocket(gateway, visitors[who]?.() ?? person.visitor, '/public/socket?a=b')
    expect((await within(5000, echo(socket, 'through the binding'))).data.toString()).toBe('through the binding')
    const user = who === 'nobody' ? undefined : person.userId
    expect(seen.at(-1)).toEqual({ url: '/public/socket?a=b', host: new URL(gateway.url).host, user })
    socket.raw.terminate()
  })
})
