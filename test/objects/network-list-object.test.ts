// A list of networks through good days and bad: what is kept is the last one that was good.
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../src/config/settings.ts'
import { addressWords } from '../../src/threats/network-lists/address.ts'
import type { ListSettings, ListStore } from '../../src/threats/network-lists/lists.ts'
import { isInSet, readPrefixSet } from '../../src/threats/network-lists/prefix-set.ts'
import { refreshNetworkLists } from '../../src/threat-deps.ts'
import config from '../../gateway.config.ts'

const hour = 3600_000
const url = 'http://lists.test/list.netset'
const list: ListSettings = { id: 'one', url, kind: 'threat', format: 'plain', refreshHours: 12, mostBytes: 4_000_000 }

async function publish(text: string, { status = 200, headers = {} } = {}): Promise<void> {
  await fetch(url, { method: 'PUT', body: JSON.stringify({ status, headers, text }) })
}

type Object = ListStore & DurableObjectStub
let names = 0
const newObject = (): Object => env.NETWORK_LISTS.getByName(`list:${(names += 1)}`)

/** Time passes, as far as the object can tell. */
async function later(object: Object, ms: number): Promise<void> {
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec('update list set confirmed_at_ms = confirmed_at_ms - ?', ms)
    storage.sql.exec('update tried set at_ms = at_ms - ?', ms)
  })
}

const addresses = (count: number): string =>
  Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}`).join('\n')

/** As an isolate gets it. */
async function has(object: Object, address: string): Promise<boolean> {
  const kept = await object.describe(url)
  if (kept === null) return false
  const parts = await Promise.all(Array.from({ length: kept.chunks }, (_, index) => object.chunk(kept.version, index)))
  const set = readPrefixSet(new Uint8Array(await new Blob(parts.map((part) => part?.slice() ?? '')).arrayBuffer()))
  return set !== null && isInSet(set, addressWords(address) ?? [0])
}

describe('a list of networks', () => {
  it('is got, compiled and handed out, and asked for again only when it is due', async () => {
    const object = newObject()
    expect(await object.describe(url)).toBeNull()
    await publish('192.0.2.0/24\n2001:db8::/32')
    expect(await object.refresh(list)).toEqual({ kind: 'kept', entries: 2, entriesBefore: null })
    expect([await has(object, '192.0.2.9'), await has(object, '2001:db8::9'), await has(object, '192.0.3.9')]).toEqual([
      true,
      true,
      false,
    ])
    await publish('198.51.100.0/24')
    await later(object, 11 * hour)
    expect(await object.refresh(list)).toEqual({ kind: 'not due' })
    await later(object, hour)
    expect(await object.refresh(list)).toEqual({ kind: 'kept', entries: 1, entriesBefore: 2 })
    expect([await has(object, '192.0.2.9'), await has(object, '198.51.100.1')]).toEqual([false, true])
  })

  it.each([
    ['a page', '<h1>Welcome</h1>', { headers: { 'content-type': 'text/html' } }, 'not text'],
    ['what cannot be read', 'Please accept our terms', {}, 'unreadable'],
    ['nothing', '# none', {}, 'empty'],
    ['half of what it was, and less', addresses(40), {}, 'shrunk to 40'],
    ['everybody', `${addresses(100)}\n0.0.0.0/0`, {}, 'too broad'],
    ['a way to somewhere else', '', { status: 302, headers: { location: 'http://lists.test/other' } }, 'redirect'],
    ['an error', 'no', { status: 500 }, 'bad status'],
    ['too much', `# ${'x'.repeat(4_000_000)}\n${addresses(100)}`, {}, 'too large'],
  ])('that is %s is refused, and the one before stays', async (_, text, answer, reason) => {
    const object = newObject()
    await publish(addresses(100))
    await object.refresh(list)
    await later(object, 13 * hour)
    await publish(text, answer)
    expect(await object.refresh(list)).toEqual({ kind: 'refused', reason, entriesBefore: 100 })
    expect([(await object.describe(url))?.entries, await has(object, '10.0.0.77')]).toEqual([100, true])
    expect(await object.refresh(list)).toEqual({ kind: 'not due' })
    await later(object, hour)
    await publish(addresses(101))
    expect(await object.refresh(list)).toEqual({ kind: 'kept', entries: 101, entriesBefore: 100 })
  })

  it('that has not changed is confirmed and not sent again', async () => {
    const object = newObject()
    await publish(addresses(3), { headers: { etag: '"a"' } })
    await object.refresh(list)
    await later(object, 13 * hour)
    const before = (await object.describe(url))?.confirmedAtMs ?? 0
    await publish('', { status: 304 })
    expect(await object.refresh(list)).toEqual({ kind: 'unchanged' })
    const after = await object.describe(url)
    expect([after?.entries, (after?.confirmedAtMs ?? 0) > before]).toEqual([3, true])
  })

  it('larger than one value of the storage comes whole', async () => {
    const object = newObject()
    const many = Array.from({ length: 300_000 }, (_, at) => `${11 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.7`)
    await publish(many.join('\n'))
    expect(await object.refresh({ ...list, mostBytes: 16_000_000 })).toMatchObject({ entries: 300_000 })
    expect((await object.describe(url))?.chunks).toBe(2)
    expect([await has(object, '11.0.0.7'), await has(object, '15.147.223.7'), await has(object, '16.0.0.7')]).toEqual([
      true,
      true,
      false,
    ])
  })

  it('of another address starts anew', async () => {
    const object = newObject()
    await publish(addresses(100))
    await object.refresh(list)
    expect(await object.describe('http://lists.test/other')).toBeNull()
    await publish(addresses(10))
    const moved = { ...list, url: 'http://lists.test/other' }
    expect(await object.refresh(moved)).toEqual({ kind: 'kept', entries: 10, entriesBefore: null })
  })

  it('asked for by many at once is got once', async () => {
    const object = newObject()
    await publish(addresses(3))
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => object.refresh(list)))
    expect(outcomes[0]).toEqual({ kind: 'kept', entries: 3, entriesBefore: null })
    expect(await object.refresh(list)).toEqual({ kind: 'not due' })
    expect(await (await fetch(url, { method: 'POST' })).json()).toBe(1)
  })
})

describe('the hourly trigger', () => {
  it('gets every list of the settings, and tells the trail', async () => {
    const lists = ['a', 'b'].map((id) => ({ id: `trigger-${id}`, url, kind: 'threat' }))
    const read = parseSettings({ ...config, threats: { lists } }, env as unknown as Record<string, unknown>)
    if (!read.ok) throw new Error(JSON.stringify(read.problem))
    await publish(addresses(5))
    await refreshNetworkLists(env, read.value)
    for (const { id } of lists) {
      const kept = await (env.NETWORK_LISTS.getByName(`list:${id}`) as unknown as Object).describe(url)
      expect(kept?.entries).toBe(5)
    }
    const waiting = await Promise.all(
      Array.from({ length: 8 }, (_, shard) =>
        runInDurableObject(env.AUDIT.getByName(`audit:all:${shard}`), (_, { storage }) =>
          storage.sql.exec<{ row: string }>('select row from outbox').toArray(),
        ),
      ),
    )
    const told = waiting.flat().map(({ row }) => JSON.parse(row) as { type: string; reason: string })
    expect(told.map(({ type, reason }) => `${type} ${reason}`).toSorted()).toEqual([
      'network-list.updated trigger-a',
      'network-list.updated trigger-b',
    ])
  })
})
