// The prefixes of one kind of address, sorted and disjoint, in typed arrays: a lookup is one binary search, and a million
// of them take 5 MB (IPv4) or 17 MB (IPv6). Prefixes nest or are apart, so what lies in a wider one of the same list is
// dropped, and the only candidate for an address is the last prefix that starts at or before it.
import { maskOf } from './prefix.ts'

export interface PrefixTable {
  /** Words of an entry: 1 for IPv4, 4 for IPv6. */
  readonly width: 1 | 4
  readonly starts: Uint32Array<ArrayBuffer>
  readonly lengths: Uint8Array<ArrayBuffer>
}

export function isInTable({ width, starts, lengths }: PrefixTable, address: ArrayLike<number>): boolean {
  let [low, high] = [0, lengths.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareAt(starts, middle * width, address, width) <= 0) low = middle + 1
    else high = middle
  }
  return low > 0 && isHeld(starts, (low - 1) * width, lengths[low - 1] ?? 0, address)
}

function compareAt(starts: Uint32Array, at: number, address: ArrayLike<number>, width: number): number {
  for (let word = 0; word < width; word += 1) {
    const difference = (starts[at + word] ?? 0) - (address[word] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function isHeld(starts: Uint32Array, at: number, length: number, address: ArrayLike<number>): boolean {
  for (let word = 0; word * 32 < length; word += 1)
    if (((address[word] ?? 0) & maskOf(length, word)) >>> 0 !== starts[at + word]) return false
  return true
}

/** From entries in any order. */
export function tableOf({ width, starts, lengths }: PrefixTable): PrefixTable {
  return disjoint(width === 1 ? sortedShort(starts, lengths) : sortedLong(starts, lengths))
}

/** By start, the wider first. Both fit into one number, which sorts without a comparison function. Loops: a million. */
function sortedShort(starts: Uint32Array, lengths: Uint8Array): PrefixTable {
  const keys = new Float64Array(lengths.length)
  for (let index = 0; index < keys.length; index += 1) keys[index] = (starts[index] ?? 0) * 64 + (lengths[index] ?? 0)
  const sorted = { width: 1 as const, starts: new Uint32Array(keys.length), lengths: new Uint8Array(keys.length) }
  for (const [index, key] of keys.toSorted().entries()) {
    sorted.starts[index] = Math.floor(key / 64)
    sorted.lengths[index] = key % 64
  }
  return sorted
}

/** By the first 48 bits in the same way, and where those are equal one by one. */
function sortedLong(starts: Uint32Array, lengths: Uint8Array): PrefixTable {
  const heads = new Float64Array(lengths.length)
  for (let index = 0; index < heads.length; index += 1)
    heads[index] = (starts[index * 4] ?? 0) * 65_536 + ((starts[index * 4 + 1] ?? 0) >>> 16)
  const order = new Uint32Array(lengths.length)
  for (let index = 0; index < order.length; index += 1) order[index] = index
  const inOrder = order.toSorted((a, b) => {
    const difference = (heads[a] ?? 0) - (heads[b] ?? 0)
    if (difference !== 0) return difference
    for (let word = 1; word < 4; word += 1) {
      const further = (starts[a * 4 + word] ?? 0) - (starts[b * 4 + word] ?? 0)
      if (further !== 0) return further
    }
    return (lengths[a] ?? 0) - (lengths[b] ?? 0)
  })
  const sorted = { width: 4 as const, starts: new Uint32Array(starts.length), lengths: new Uint8Array(lengths.length) }
  for (const [to, from] of inOrder.entries()) {
    for (let word = 0; word < 4; word += 1) sorted.starts[to * 4 + word] = starts[from * 4 + word] ?? 0
    sorted.lengths[to] = lengths[from] ?? 0
  }
  return sorted
}

function disjoint({ width, starts, lengths }: PrefixTable): PrefixTable {
  let count = 0
  for (let index = 0; index < lengths.length; index += 1) {
    const start = starts.subarray(index * width, (index + 1) * width)
    if (count > 0 && isHeld(starts, (count - 1) * width, lengths[count - 1] ?? 0, start)) continue
    starts.copyWithin(count * width, index * width, (index + 1) * width)
    lengths[count] = lengths[index] ?? 0
    count += 1
  }
  return { width, starts: starts.slice(0, count * width), lengths: lengths.slice(0, count) }
}
