// Many networks, of both kinds of address: made once from a list, stored as bytes, asked by every request.
import type { AddressWords } from './address.ts'
import type { Prefix } from './prefix.ts'
import { type PrefixTable, isInTable, tableOf } from './prefix-table.ts'

export interface PrefixSet {
  readonly short: PrefixTable
  readonly long: PrefixTable
}

export function isInSet({ short, long }: PrefixSet, address: AddressWords): boolean {
  return isInTable(address.length === 1 ? short : long, address)
}

export function entriesOf({ short, long }: PrefixSet): number {
  return short.lengths.length + long.lengths.length
}

export interface PrefixCollector {
  add(prefix: Prefix): void
  /** How many were added, repetitions included. */
  readonly count: number
  compile(): PrefixSet
}

export function collectPrefixes(): PrefixCollector {
  const [short, long] = [growing(1), growing(4)]
  return {
    add({ words, length }) {
      if (words.length === 1) short.add(words, length)
      else long.add(words, length)
    },
    get count() {
      return short.count() + long.count()
    },
    compile: () => ({ short: tableOf(short.table()), long: tableOf(long.table()) }),
  }
}

function growing(width: 1 | 4): {
  add(words: readonly number[], length: number): void
  count(): number
  table(): PrefixTable
} {
  let count = 0
  let starts = new Uint32Array(1024 * width)
  let lengths = new Uint8Array(1024)
  return {
    add(words, length) {
      if (count === lengths.length) {
        starts = doubled(starts, new Uint32Array(starts.length * 2))
        lengths = doubled(lengths, new Uint8Array(lengths.length * 2))
      }
      starts.set(words, count * width)
      lengths[count] = length
      count += 1
    },
    count: () => count,
    table: () => ({ width, starts: starts.slice(0, count * width), lengths: lengths.slice(0, count) }),
  }
}

function doubled<Kind extends { set(from: Kind): void }>(from: Kind, to: Kind): Kind {
  to.set(from)
  return to
}

const headerWords = 3
/** Of this layout; what another layout wrote is not read. */
const mark = 0x504e4c31

/** Read again by the same kind of machine: numbers lie as they do in memory. */
export function prefixSetBytes({ short, long }: PrefixSet): Uint8Array<ArrayBuffer> {
  const words = headerWords + short.starts.length + long.starts.length
  const bytes = new Uint8Array(words * 4 + entriesOf({ short, long }))
  const numbers = new Uint32Array(bytes.buffer, 0, words)
  numbers.set([mark, short.lengths.length, long.lengths.length])
  numbers.set(short.starts, headerWords)
  numbers.set(long.starts, headerWords + short.starts.length)
  bytes.set(short.lengths, words * 4)
  bytes.set(long.lengths, words * 4 + short.lengths.length)
  return bytes
}

/** Without copying. Null for bytes that are not such a set, or not all of it. */
export function readPrefixSet(bytes: Uint8Array<ArrayBuffer>): PrefixSet | null {
  const { buffer } = bytes
  if (bytes.byteOffset !== 0 || bytes.length < headerWords * 4) return null
  const [found, shorts = 0, longs = 0] = new Uint32Array(buffer, 0, headerWords)
  const words = headerWords + shorts + longs * 4
  if (found !== mark || bytes.length !== words * 4 + shorts + longs) return null
  const table = (width: 1 | 4, count: number, fromWord: number, fromByte: number): PrefixTable => ({
    width,
    starts: new Uint32Array(buffer, fromWord * 4, count * width),
    lengths: new Uint8Array(buffer, fromByte, count),
  })
  return {
    short: table(1, shorts, headerWords, words * 4),
    long: table(4, longs, headerWords + shorts, words * 4 + shorts),
  }
}
