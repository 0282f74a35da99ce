// What an isolate says of networks: by the lists it holds, the site's own word, and the rules.
import { describe, expect, it } from 'vitest'
import type { KeptList, ListSettings, ListStore } from '../../../src/threats/network-lists/lists.ts'
import { type Listed, createNetworkLists } from '../../../src/threats/network-lists/network-lists.ts'
import { parsePrefix, type Prefix } from '../../../src/threats/network-lists/prefix.ts'
import { collectPrefixes, entriesOf, prefixSetBytes } from '../../../src/threats/network-lists/prefix-set.ts'
import { networkReport, placeOf } from '../../../src/threats/network-report.ts'
import { type NetworkRule, decideNetwork } from '../../../src/threats/network-rules.ts'

const day = 86_400_000

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (parsed === null) throw new Error(text)
  return parsed
}

const settings = (id: string, kind: ListSettings['kind']): ListSettings => ({
  id,
  kind,
  url: `https://lists.test/${id}`,
  format: 'plain',
  refreshHours: 12,
  mostBytes: 1,
})

/** The objects' side: what is published is kept at once. */
function world(
  lists: readonly ListSettings[],
  overrides: readonly { prefix: Prefix; kinds: ListSettings['kind'][] }[] = [],
) {
  const kept = new Map<string, { list: KeptList; bytes: Uint8Array }>()
  const work: Promise<unknown>[] = []
  const clock = { ms: 1_000_000, isDown: false, refreshed: 0, reads: 0 }
  const store = (id: string): ListStore => ({
    async describe() {
      clock.reads += 1
      if (clock.isDown) throw new Error('away')
      return kept.get(id)?.list ?? null
    },
    async chunk(version, index) {
      const found = kept.get(id)
      return found?.list.version === version ? found.bytes.slice(index * 10, (index + 1) * 10) : null
    },
    async refresh() {
      clock.refreshed += 1
      return { kind: 'unchanged' }
    },
  })
  const networks = createNetworkLists({ lists, overrides, store, report: async () => undefined, now: () => clock.ms })
  const background = { waitUntil: (one: Promise<unknown>) => void work.push(one) }
  return {
    clock,
    work,
    publish: (id: string, version: number, texts: readonly string[]): void => {
      const collector = collectPrefixes()
      for (const text of texts) collector.add(prefix(text))
      const set = collector.compile()
      const bytes = prefixSetBytes(set)
      const list = { version, entries: entriesOf(set), chunks: Math.ceil(bytes.length / 10), confirmedAtMs: clock.ms }
      kept.set(id, { list, bytes })
    },
    kinds: (ip: string | null): readonly string[] => networks.lookup(ip, background).kinds,
    lists: (ip: string): readonly string[] => networks.lookup(ip, background).lists,
    settled: async (): Promise<void> => {
      while (work.length > 0) await work.pop()
    },
  }
}

describe('the lists in an isolate', () => {
  it('are fetched behind the back of the request that finds them missing', async () => {
    const { publish, kinds, lists, settled, work } = world([settings('bad', 'threat'), settings('tor', 'anonymiser')])
    publish('bad', 1, ['192.0.2.0/24'])
    publish('tor', 1, ['192.0.2.7', '2001:db8::/32'])
    expect([kinds('192.0.2.7'), work.length]).toEqual([[], 1])
    await settled()
    expect([kinds('192.0.2.7'), kinds('::ffff:192.0.2.8'), kinds('2001:db8::1')]).toEqual([
      ['threat', 'anonymiser'],
      ['threat'],
      ['anonymiser'],
    ])
    expect(lists('192.0.2.7')).toEqual(['bad', 'tor'])
    expect([kinds('192.0.3.7'), kinds(null), kinds('unknown')]).toEqual([[], [], []])
  })

  it('change when the object has another version, and are not read again while it has the same', async () => {
    const { publish, kinds, settled, clock } = world([settings('bad', 'threat')])
    publish('bad', 1, ['192.0.2.7'])
    kinds('192.0.2.7')
    await settled()
    expect(kinds('192.0.2.7')).toEqual(['threat'])
    publish('bad', 2, ['192.0.2.8'])
    clock.ms += 4 * 60_000
    expect([kinds('192.0.2.7'), kinds('192.0.2.8')]).toEqual([['threat'], []])
    clock.ms += 60_000
    kinds('192.0.2.7')
    await settled()
    expect([kinds('192.0.2.7'), kinds('192.0.2.8')]).toEqual([[], ['threat']])
  })

  it('go on while the object is away, until nobody has confirmed them for thirty days', async () => {
    const { publish, kinds, settled, clock } = world([settings('bad', 'threat')])
    publish('bad', 1, ['192.0.2.7'])
    kinds('192.0.2.7')
    await settled()
    clock.isDown = true
    clock.ms += 29 * day
    kinds('192.0.2.7')
    await settled()
    expect(kinds('192.0.2.7')).toEqual(['threat'])
    clock.ms += 2 * day
    kinds('192.0.2.7')
    await settled()
    expect(kinds('192.0.2.7')).toEqual([])
  })

  it('that nobody has got yet are got at once', async () => {
    const { kinds, settled, clock } = world([settings('bad', 'threat')])
    kinds('192.0.2.7')
    await settled()
    expect(clock.refreshed).toBe(1)
  })

  it('cost nothing where there are none', () => {
    const { kinds, work, clock } = world([])
    expect([kinds('192.0.2.7'), work.length, clock.reads]).toEqual([[], 0, 0])
  })

  it('are overruled by what the site says, the narrowest network first', async () => {
    const overrides = [
      { prefix: prefix('192.0.2.0/24'), kinds: [] },
      { prefix: prefix('192.0.2.128/25'), kinds: ['hosting' as const] },
    ]
    const { publish, kinds, settled } = world([settings('bad', 'threat')], overrides)
    publish('bad', 1, ['192.0.0.0/16'])
    kinds('192.0.2.7')
    await settled()
    expect([kinds('192.0.2.7'), kinds('192.0.2.200'), kinds('192.0.3.7')]).toEqual([[], ['hosting'], ['threat']])
  })
})

const rule = (given: Partial<NetworkRule>): NetworkRule => ({
  id: 'a',
  kinds: ['threat'],
  paths: ['/*'],
  action: 'block',
  state: 'enforce',
  ...given,
})
const onList: Listed = { kinds: ['threat'], lists: ['bad'] }
const outcome = (rules: readonly NetworkRule[], path: string, listed = onList): string | undefined =>
  decideNetwork(rules, listed, { path, subject: 'address:192.0.2.7', nowMs: 0 })?.outcome

describe('a network rule', () => {
  it.each([
    ['blocks who is on a list of its kind', [rule({})], '/a', 'block'],
    ['is about no other kind', [rule({ kinds: ['anonymiser'] })], '/a', undefined],
    ['only watches in shadow', [rule({ state: 'shadow' })], '/a', 'would-block'],
    ['says nothing when it is off', [rule({ state: 'off' })], '/a', undefined],
    ['is about its paths', [rule({ paths: ['/admin/*'] })], '/public/a', undefined],
    ['is about the prefix itself', [rule({ paths: ['/admin/*'] })], '/admin', 'block'],
    ['is about nothing that only begins alike', [rule({ paths: ['/admin/*'] })], '/administrator', undefined],
    ['is not walked around by another case', [rule({ paths: ['/admin/*'] })], '/ADMIN/x', 'block'],
    ['is not walked around by parameters', [rule({ paths: ['/admin/*'] })], '/admin;x/y', 'block'],
    ['leaves to the one before', [rule({ paths: ['/p/*'], action: 'allow' }), rule({ id: 'b' })], '/p/x', 'allow'],
    [
      'is no exception for another spelling',
      [rule({ paths: ['/p/*'], action: 'allow' }), rule({ id: 'b' })],
      '/P/x',
      'block',
    ],
    ['enforces for nobody at nought', [rule({ state: { enforcePercent: 0 } })], '/a', 'would-block'],
    ['enforces for all at a hundred', [rule({ state: { enforcePercent: 100 } })], '/a', 'block'],
  ] as const)('%s', (_, rules, path, expected) => {
    expect(outcome(rules, path)).toBe(expected)
  })

  it('enforces for a share of the networks, always the same ones', () => {
    const rules = [rule({ state: { enforcePercent: 30 } })]
    const blocked = Array.from(
      { length: 2000 },
      (_, at) =>
        decideNetwork(rules, onList, { path: '/', subject: `address:10.0.${at >> 8}.${at & 255}`, nowMs: 0 })?.outcome,
    ).filter((found) => found === 'block').length
    expect(blocked).toBeGreaterThan(500)
    expect(blocked).toBeLessThan(700)
  })
})

describe('what is known of a network', () => {
  it.each([
    [[], 'DE', { country: 'DE', riskScore: 0, knownThreatIP: false, vpnDetected: false, recommendedAction: 'monitor' }],
    [
      ['threat'],
      null,
      { country: null, riskScore: 90, knownThreatIP: true, vpnDetected: false, recommendedAction: 'block' },
    ],
    [['anonymiser'], 'SE', { riskScore: 60, vpnDetected: true, recommendedAction: 'rate_limit' }],
    [[], 'T1', { riskScore: 60, vpnDetected: true, recommendedAction: 'rate_limit' }],
    [['hosting'], 'US', { riskScore: 30, vpnDetected: false, recommendedAction: 'monitor' }],
  ] as const)('of %j in %s', (kinds, country, expected) => {
    expect(networkReport({ kinds, lists: [] }, { country })).toMatchObject(expected)
  })

  it('is taken from the platform, as far as it says something', () => {
    expect(placeOf({ country: 'DE', city: 'Berlin', asn: 64500, latitude: '52.5', longitude: '13.4' })).toEqual({
      country: 'DE',
      city: 'Berlin',
      asn: 64500,
      latitude: 52.5,
      longitude: 13.4,
    })
    const nothing = { country: null, city: null, asn: null, latitude: null, longitude: null }
    expect(placeOf(undefined)).toEqual(nothing)
    for (const country of ['XX', 'A1', 'de', 'DEU']) expect(placeOf({ country })).toEqual(nothing)
    expect(placeOf({ country: 'T1' })).toEqual({ ...nothing, country: 'T1' })
    expect(placeOf({ country: '', city: 7, asn: 'x', latitude: '91', longitude: 'NaN' })).toEqual(nothing)
  })
})
