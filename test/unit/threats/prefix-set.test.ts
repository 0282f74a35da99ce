// Networks in typed arrays say of every address what a plain look at each network would say.
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { addressWords, ipv4Word } from '../../../src/threats/network-lists/address.ts'
import { isInside, parsePrefix } from '../../../src/threats/network-lists/prefix.ts'
import {
  collectPrefixes,
  entriesOf,
  isInSet,
  prefixSetBytes,
  readPrefixSet,
  type PrefixSet,
} from '../../../src/threats/network-lists/prefix-set.ts'

const octet = fc.integer({ min: 0, max: 255 })
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'))
const part = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffff }))
const ipv6 = fc
  .array(part, { minLength: 8, maxLength: 8 })
  .map((parts) => new ipaddr.IPv6(parts))
  .filter((address) => !address.isIPv4MappedAddress())
  .map((address) => address.toString())
/** Few different beginnings, so that networks nest and addresses meet them. */
const near4 = fc
  .tuple(fc.constantFrom(10, 11, 255), fc.constantFrom(0, 1, 128), octet, octet)
  .map((all) => all.join('.'))
const near6 = fc
  .tuple(fc.constantFrom('2001:db8', '2001:db9', 'ffff:ffff'), part, part)
  .map(([head, a, b]) => `${head}:${a.toString(16)}::${b.toString(16)}`)
const network4 = fc.tuple(near4, fc.integer({ min: 0, max: 32 })).map(([address, length]) => `${address}/${length}`)
const network6 = fc.tuple(near6, fc.integer({ min: 0, max: 128 })).map(([address, length]) => `${address}/${length}`)

function setOf(networks: readonly string[]): PrefixSet {
  const collector = collectPrefixes()
  for (const network of networks) {
    const prefix = parsePrefix(network)
    if (prefix === null) throw new Error(`not a network: ${network}`)
    collector.add(prefix)
  }
  return collector.compile()
}

const has = (set: PrefixSet, address: string): boolean => isInSet(set, addressWords(address) ?? [0])

/** As somebody would who has all the time in the world. */
function isListed(networks: readonly string[], text: string): boolean {
  const address = ipaddr.process(text)
  return networks.some((network) => {
    const [base, length] = ipaddr.parseCIDR(network)
    return base.kind() === address.kind() && address.match(base, length)
  })
}

describe('an address', () => {
  it('is read as ipaddr.js reads it', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (text) => {
        const bytes = (addressWords(text) ?? []).flatMap((word) => [24, 16, 8, 0].map((by) => (word >>> by) & 255))
        expect(bytes).toEqual(ipaddr.process(text).toByteArray())
      }),
    )
  })

  it('is read as ipaddr.js reads it, or not at all, whatever is written', () => {
    const piece = fc.constantFrom(':', '::', '0', '1', 'ffff', 'F', '00ab', '12345', '.', '1.2.3.4', 'g', '%', ' ')
    const written = fc.oneof(
      fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join('')),
      fc.array(fc.constantFrom('0', 'ffff', 'a1'), { minLength: 6, maxLength: 9 }).map((parts) => parts.join(':')),
    )
    fc.assert(
      fc.property(written, (text) => {
        const isAddress = text.length <= 45 && !text.includes('%') && ipaddr.IPv6.isValid(text)
        const bytes = addressWords(text)?.flatMap((word) => [24, 16, 8, 0].map((by) => (word >>> by) & 255)) ?? null
        if (text.includes(':')) expect(bytes).toEqual(isAddress ? ipaddr.process(text).toByteArray() : null)
      }),
      { numRuns: 5000 },
    )
  })

  it.each(['::ffff:192.0.2.1', '::ffff:c000:201', '192.0.2.1'])('is one in each spelling: %s', (text) => {
    expect(addressWords(text)).toEqual([0xc0000201])
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1..2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '16909060',
    'fe80::1%eth0',
    ':',
    '1:2',
    'a'.repeat(46),
    '1.2.3.4:80',
    '[::1]',
  ])('is not %j', (text) => {
    expect(addressWords(text)).toBeNull()
    expect(ipv4Word(text)).toBeNull()
  })
})

describe('a network', () => {
  it.each(['1.2.3.4/33', '1.2.3.4/', '1.2.3.4/-1', '1.2.3.4/08', '::/129', '::ffff:1.2.3.4/96', '1.2.3.4/8/8', '/8'])(
    'is not %j',
    (text) => {
      expect(parsePrefix(text)).toBeNull()
    },
  )

  it('is the same whatever lies beyond its length', () => {
    expect(parsePrefix('192.0.2.77/24')).toEqual(parsePrefix('192.0.2.0/24'))
    expect(parsePrefix('2001:db8::77/33')).toEqual(parsePrefix('2001:db8::/33'))
  })
})

describe('a set of networks', () => {
  it.each([
    ['IPv4', network4, near4],
    ['IPv6', network6, near6],
  ])('says of every %s address what a look at each network says', (_, network, address) => {
    fc.assert(
      fc.property(fc.array(network, { maxLength: 40 }), fc.array(address, { maxLength: 40 }), (networks, addresses) => {
        const set = setOf(networks)
        const again = readPrefixSet(prefixSetBytes(set))
        const edges = networks.flatMap((text) => (parsePrefix(text) === null ? [] : [text.split('/')[0] ?? '']))
        for (const one of [...addresses, ...edges]) {
          expect([one, has(set, one)]).toEqual([one, isListed(networks, one)])
          expect(again !== null && has(again, one)).toBe(isListed(networks, one))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps apart what the two kinds of address have in common', () => {
    const set = setOf(['0.0.0.0/8', '2001:db8::/32'])
    expect([has(set, '::1'), has(set, '0.0.0.1'), has(set, '32.1.13.184')]).toEqual([false, true, false])
  })

  it('holds nothing twice', () => {
    const set = setOf(['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8', '2001:db8::1', '2001:db8::/32', '2001:db8::1/128'])
    expect(entriesOf(set)).toBe(2)
  })

  it('is inside what a single network is', () => {
    fc.assert(
      fc.property(network4, near4, (network, address) => {
        const [prefix, words] = [parsePrefix(network), addressWords(address)]
        expect(prefix !== null && words !== null && isInside(words, prefix)).toBe(isListed([network], address))
      }),
    )
  })

  it('is not read from bytes that are something else, or not all of it', () => {
    const bytes = prefixSetBytes(setOf(['10.0.0.0/8', '2001:db8::/32']))
    expect(readPrefixSet(bytes)).not.toBeNull()
    expect(readPrefixSet(bytes.slice(0, -1))).toBeNull()
    expect(readPrefixSet(new Uint8Array(4))).toBeNull()
    expect(readPrefixSet(new Uint8Array(64))).toBeNull()
  })

  it('of a million networks takes less than 32 MB, of either kind', () => {
    const [short, long] = [collectPrefixes(), collectPrefixes()]
    // Odd numbers spread them without a repetition.
    for (let index = 0; index < 1_000_000; index += 1) {
      short.add({ words: [Math.imul(index, 0x9e3779b1) >>> 0], length: 32 })
      long.add({ words: [0x20010db8, Math.imul(index, 0x9e3779b1) >>> 0, 0, 0], length: 64 })
    }
    const sets = [short.compile(), long.compile()]
    expect(sets.map(entriesOf)).toEqual([1_000_000, 1_000_000])
    for (const set of sets) expect(prefixSetBytes(set).length).toBeLessThan(32 * 1024 * 1024)
    expect([has(sets[0] as PrefixSet, '0.0.0.0'), has(sets[1] as PrefixSet, '2001:db8:9e37:79b1::ffff')]).toEqual([
      true,
      true,
    ])
  })
})
