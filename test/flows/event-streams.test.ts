// Event streams through the gateway: as fast as they are read, and no longer than the session they were opened with.
import type { ServerResponse } from 'node:http'
import { createGzip, gunzipSync, constants } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openStream } from '../support/event-stream.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Visitor, newVisitor } from '../support/visitor.ts'
import { within } from '../support/within.ts'

const soonMs = 5000
/** A minute is asked for; it is the moment, so a test need not wait. */
const everywhereMs = 1000
const timeoutMs = 500

let origin: RecordingOrigin
let gateway: TestGateway
const streams: ServerResponse[] = []

beforeAll(async () => {
  origin = await startRecordingOrigin((request, response) => {
    streams.push(response)
    const isSqueezed = request.url?.endsWith('/gzip') === true
    const encoding = isSqueezed ? { 'content-encoding': 'gzip' } : {}
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-site': 'yes', ...encoding })
    response.flushHeaders()
  })
  const [first] = shippedConfig.origins
  if (first === undefined) throw new Error('no origin')
  const bundle = bundleWith({ ...shippedConfig, origins: [{ ...first, timeoutMs }] })
  gateway = await startGateway({ originUrl: origin.url, bundle })
})
afterEach(() => {
  for (const stream of streams.splice(0)) stream.destroy()
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
})

const atSite = (): ServerResponse => streams.at(-1) ?? never()

function never(): never {
  throw new Error('the site was asked for no stream')
}

async function twoDevices(): Promise<{ person: Person; second: Visitor; secondId: string }> {
  const person = await newPerson(gateway)
  const second = await signInAgain(gateway, person)
  const { session } = (await (await second.send('GET', '/auth/v1/session')).json()) as { session: { id: string } }
  return { person, second, secondId: session.id }
}

const endings = {
  'signing out': async ({ second }: { second: Visitor }) => {
    expect((await second.change('POST', '/auth/v1/logout')).status).toBe(204)
  },
  'being revoked': async ({ person, secondId }: { person: Person; secondId: string }) => {
    expect((await person.visitor.change('DELETE', `/auth/v1/sessions/${secondId}`)).status).toBe(204)
  },
}

describe('an event stream of somebody signed in', () => {
  // A public route tells the site who asks as well, so its streams end no later.
  it.each([
    ['/events', 'signing out'],
    ['/events', 'being revoked'],
    ['/public/events', 'signing out'],
  ] as const)('ends, here and at the site, with its session: %s, %s', async (path, how) => {
    const devices = await twoDevices()
    const stream = await openStream(gateway, devices.second, path)
    const closedAtSite = new Promise((resolve) => atSite().once('close', resolve))
    atSite().write('data: before\n\n')
    await expect.poll(() => stream.received().toString(), { timeout: soonMs }).toBe('data: before\n\n')
    await endings[how](devices)
    const answeredAt = Date.now()
    const { isWhole, atMs } = await within(soonMs, stream.ended)
    expect(isWhole).toBe(true)
    expect(atMs - answeredAt).toBeLessThan(everywhereMs)
    await within(soonMs, closedAtSite)
  })

  it('goes on when another session of the same person ends', async () => {
    const { person, secondId } = await twoDevices()
    const stream = await openStream(gateway, person.visitor, '/events')
    await person.visitor.change('DELETE', `/auth/v1/sessions/${secondId}`)
    await new Promise((resolve) => setTimeout(resolve, everywhereMs))
    atSite().end('data: still here\n\n')
    expect(await within(soonMs, stream.ended)).toMatchObject({ isWhole: true })
    expect(stream.received().toString()).toBe('data: still here\n\n')
  })

  it('arrives event by event, past the time the site has to answer, with the headers of the site', async () => {
    const { visitor } = await newPerson(gateway)
    const stream = await openStream(gateway, visitor, '/events')
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-site': 'yes',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    await new Promise((resolve) => setTimeout(resolve, 2 * timeoutMs))
    let sent = ''
    for (let id = 1; id <= 20; id += 1) {
      sent += `id: ${id}\ndata: x\n\n`
      atSite().write(`id: ${id}\ndata: x\n\n`)
      await expect.poll(() => stream.received().toString(), { timeout: soonMs, interval: 5 }).toBe(sent)
    }
  })

  it('may be compressed, and is not held back for that', async () => {
    const { visitor } = await newPerson(gateway)
    const stream = await openStream(gateway, visitor, '/events/gzip')
    expect(stream.response.headers['content-encoding']).toBe('gzip')
    const gzip = createGzip()
    gzip.pipe(atSite())
    const unpacked = (): string => {
      const got = stream.received()
      return got.length === 0 ? '' : gunzipSync(got, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
    }
    let sent = ''
    for (let id = 1; id <= 5; id += 1) {
      sent += `id: ${id}\ndata: x\n\n`
      gzip.write(`id: ${id}\ndata: x\n\n`)
      gzip.flush()
      await expect.poll(unpacked, { timeout: soonMs, interval: 5 }).toBe(sent)
    }
  })

  it('that is cut off by the site is seen to be cut off', async () => {
    const { visitor } = await newPerson(gateway)
    const stream = await openStream(gateway, visitor, '/events')
    atSite().write('data: half', () => atSite().destroy())
    expect(await within(soonMs, stream.ended)).toMatchObject({ isWhole: false })
  })

  it('holds the site up while nobody reads it, and ends all the same', async () => {
    const { visitor } = await newPerson(gateway)
    const stream = await openStream(gateway, visitor, '/events')
    stream.response.pause()
    const site = atSite()
    const event = `data: ${'x'.repeat(64 * 1024)}\n\n`
    let written = 0
    // Until nothing of it was taken for a second: more than the buffers of two connections hold is never taken.
    for (let quietMs = 0; quietMs < 1000 && written < 64 * 1024 * 1024;) {
      if (site.writableNeedDrain) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        quietMs += 50
      } else {
        site.write(event)
        written += event.length
        quietMs = 0
      }
    }
    expect(written).toBeLessThan(64 * 1024 * 1024)
    const closedAtSite = new Promise((resolve) => site.once('close', resolve))
    await visitor.change('POST', '/auth/v1/logout')
    await within(soonMs, closedAtSite)
    stream.response.resume()
    await within(soonMs, stream.ended)
  })
})

describe('an event stream of nobody', () => {
  it('goes on whoever signs out', async () => {
    const stream = await openStream(gateway, newVisitor(gateway), '/public/events')
    const site = atSite()
    const { second } = await twoDevices()
    await endings['signing out']({ second })
    await new Promise((resolve) => setTimeout(resolve, everywhereMs))
    site.end('data: still here\n\n')
    await within(soonMs, stream.ended)
    expect(stream.received().toString()).toBe('data: still here\n\n')
  })
})
