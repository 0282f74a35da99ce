// An address as numbers that can be compared, whichever way it was spelled; null for a text that is no address.
import ipaddr from 'ipaddr.js'

/** 32-bit words, most significant first: one of an IPv4 address, four of an IPv6 address. Mapped IPv4 is IPv4. */
export type AddressWords = readonly [number] | readonly [number, number, number, number]

const longestText = 45
const dot = 46
const zero = 48
const colon = 58

export function addressWords(text: string): AddressWords | null {
  const word = ipv4Word(text)
  if (word !== null) return [word]
  const usual = usualIpv6(text)
  if (usual !== null) return usual
  // Bounded before it is parsed: 45 characters is the longest spelling of an address.
  if (text.length > longestText || !/^[\d.:a-f]*:/i.test(text) || text.includes('%')) return null
  if (!ipaddr.IPv6.isValid(text)) return null
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv6) return ipv6Words(address.parts)
  return [ipv4Of(address.octets)]
}

/** Four decimal numbers without leading zeros, which some would read as octal. Asked of every line of a list. */
export function ipv4Word(text: string): number | null {
  if (text.length < 7 || text.length > 15) return null
  let [word, octet, digits, dots] = [0, 0, 0, 0]
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === dot) {
      if (digits === 0 || dots === 3) return null
      word = word * 256 + octet
      octet = 0
      digits = 0
      dots += 1
    } else {
      if (code < zero || code > 57 || (digits > 0 && octet === 0)) return null
      octet = octet * 10 + code - zero
      digits += 1
      if (octet > 255) return null
    }
  }
  return dots === 3 && digits > 0 ? word * 256 + octet : null
}

/**
 * Groups of hexadecimal digits, at most one `::`, as the platform writes addresses: ten times as fast as a parser that knows
 * all spellings. Null for everything else, and for what may be IPv4.
 */
function usualIpv6(text: string): AddressWords | null {
  if (text.length < 3 || text.length > 39) return null
  const parts: number[] = []
  let [part, digits, gapAt] = [0, 0, -1]
  for (let index = 0; index <= text.length; index += 1) {
    const code = index === text.length ? colon : text.charCodeAt(index)
    if (code !== colon) {
      const digit = hexDigit(code)
      if (digit < 0 || digits === 4) return null
      part = part * 16 + digit
      digits += 1
      continue
    }
    if (digits > 0) parts.push(part)
    else if (index > 0 && index < text.length) {
      // The second of two; only one pair may stand for zeros.
      if (text.charCodeAt(index - 1) !== colon || gapAt >= 0) return null
      gapAt = parts.length
    } else if (index === text.length && gapAt !== parts.length) return null
    else if (index === 0 && text.charCodeAt(1) !== colon) return null
    part = 0
    digits = 0
  }
  const zeros = 8 - parts.length
  if (gapAt < 0 ? zeros !== 0 : zeros < 1) return null
  const whole = gapAt < 0 ? parts : [...parts.slice(0, gapAt), ...Array<number>(zeros).fill(0), ...parts.slice(gapAt)]
  return whole[5] === 0xffff || whole.every((one) => one === 0) ? null : ipv6Words(whole)
}

function hexDigit(code: number): number {
  if (code >= zero && code <= 57) return code - zero
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function ipv4Of(octets: readonly number[]): number {
  return octets.reduce((word, octet) => word * 256 + octet, 0)
}

function ipv6Words(parts: readonly number[]): AddressWords {
  const word = (at: number): number => (((parts[at] ?? 0) << 16) | (parts[at + 1] ?? 0)) >>> 0
  return [word(0), word(2), word(4), word(6)]
}
