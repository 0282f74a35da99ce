// A network as it is written, `192.0.2.0/24`, or one address, as numbers.
import { type AddressWords, addressWords } from './address.ts'

export interface Prefix {
  /** Zero beyond the length. */
  readonly words: AddressWords
  readonly length: number
}

export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf('/')
  const words = addressWords(slash === -1 ? text : text.slice(0, slash))
  if (words === null) return null
  const most = words.length * 32
  if (slash === -1) return { words, length: most }
  const written = text.slice(slash + 1)
  const length = Number(written)
  // A mapped address is written with the length of the longer form, which would mean something else here.
  const isMapped = words.length === 1 && text.includes(':')
  if (!/^(?:0|[1-9]\d{0,2})$/.test(written) || length > most || isMapped) return null
  return { words: masked(words, length), length }
}

/** With ones for the first `length` bits of a word's share. */
export function maskOf(length: number, word: number): number {
  const bits = Math.min(32, Math.max(0, length - 32 * word))
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
}

function masked(words: AddressWords, length: number): AddressWords {
  const at = (index: number): number => ((words[index] ?? 0) & maskOf(length, index)) >>> 0
  return words.length === 1 ? [at(0)] : [at(0), at(1), at(2), at(3)]
}

export function isInside(address: AddressWords, { words, length }: Prefix): boolean {
  if (address.length !== words.length) return false
  return words.every((word, index) => ((address[index] ?? 0) & maskOf(length, index)) >>> 0 === word)
}
