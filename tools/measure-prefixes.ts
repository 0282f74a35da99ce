// What a lookup in a list of a million networks costs, and what the list takes: run when that code changes.
import { addressWords } from '../src/threats/network-lists/address.ts'
import { type PrefixSet, collectPrefixes, isInSet, prefixSetBytes } from '../src/threats/network-lists/prefix-set.ts'
import { randomOf } from './train/random.ts'

const count = 1_000_000
const rounds = 60
const random = randomOf(1)
const word = (): number => Math.floor(random.next() * 2 ** 32)

const octets = (value: number): string => [24, 16, 8, 0].map((by) => (value >>> by) & 255).join('.')
const hex = (value: number): string => `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`

function listOf(kind: 'IPv4' | 'IPv6'): PrefixSet {
  const collector = collectPrefixes()
  for (let index = 0; index < count; index += 1) {
    if (kind === 'IPv4') collector.add({ words: [word()], length: 32 })
    else collector.add({ words: [word(), word(), 0, 0], length: 64 })
  }
  return collector.compile()
}

function measure(kind: 'IPv4' | 'IPv6'): void {
  const before = performance.now()
  const set = listOf(kind)
  const compiledMs = performance.now() - before
  const texts = Array.from({ length: 10_000 }, () =>
    kind === 'IPv4' ? octets(word()) : `${hex(word())}:${hex(word())}::1`,
  )
  const perLookupUs: number[] = []
  let found = 0
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    for (const text of texts) {
      const words = addressWords(text)
      if (words !== null && isInSet(set, words)) found += 1
    }
    perLookupUs.push(((performance.now() - startedAt) * 1000) / texts.length)
  }
  const median = perLookupUs.toSorted((a, b) => a - b)[rounds / 2] ?? Number.NaN
  const megabytes = prefixSetBytes(set).length / 1024 / 1024
  console.log(
    `${kind}: ${count} networks in ${megabytes.toFixed(1)} MB, compiled in ${compiledMs.toFixed(0)} ms; a lookup of an address as text takes ${median.toFixed(2)} µs (${found} hits)`,
  )
}

measure('IPv4')
measure('IPv6')
