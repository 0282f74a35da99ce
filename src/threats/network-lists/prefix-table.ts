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

/** By start, the wider first. Both fit into one number, which sorts without a comparison function. */
function sortedShort(starts: Uint32Array, lengths: Uint8Array): PrefixTable {
  const keys = Float64Array.from(starts, (start, index) => start * 64 + (lengths[index] ?? 0)).toSorted()
  return {
    width: 1,
    starts: Uint32Array.from(keys, (key) => key / 64),
    lengths: Uint8Array.from(keys, (key) => key % 64),
  }
}

function sortedLong(starts: Uint32Array, lengths: Uint8Array): PrefixTable {
  const order = Uint32Array.from(lengths, (_, index) => index).toSorted((a, b) => {
    const difference = compareAt(starts, a * 4, starts.subarray(b * 4, b * 4 + 4), 4)
    return difference === 0 ? (lengths[a] ?? 0) - (lengths[b] ?? 0) : difference
  })
  const sorted = new Uint32Array(starts.length)
  for (const [to, from] of order.entries()) sorted.set(starts.subarray(from * 4, from * 4 + 4), to * 4)
  return { width: 4, starts: sorted, lengths: Uint8Array.from(order, (from) => lengths[from] ?? 0) }
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
