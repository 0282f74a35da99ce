// What a Host header may look like, and its one spelling. Does not decide which hosts a site has.
import { BoundedMap } from '../kit/bounded-map.ts'

// No leading zero: `:0443` is 443 to one parser and an error to another.
const portNumber = /^[1-9][0-9]{0,4}$/
const registeredName = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/
const lastLabelIsNumber = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/
const dottedQuad = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/
const bracketedAddress = /^\[[0-9a-f:.]{2,45}\]$/
const notVisibleAscii = /[^\x21-\x7e]/
const longestName = 253
const highestPort = 65_535

const canonicalAddress = (bracketed: string): string | null => {
  try {
    // The URL parser owns RFC 5952 compression; the pattern above already excludes zone ids and anything but digits.
    return new URL(`http://${bracketed}/`).hostname
  } catch {
    return null
  }
}

const canonicalName = (written: string): string | null => {
  if (written.startsWith('[')) return bracketedAddress.test(written) ? canonicalAddress(written) : null
  // The root label's dot names the same host (RFC 1034 §3.1); two dots name none.
  const name = written.endsWith('.') ? written.slice(0, -1) : written
  if (name.length > longestName || !registeredName.test(name)) return null
  // WHATWG reads `127.1`, `0x7f.1` and `017700000001` as 127.0.0.1, most other parsers as names: only the form
  // everybody reads alike is let through.
  if (lastLabelIsNumber.test(name) && !dottedQuad.test(name)) return null
  return name
}

// A site has a handful of hosts, asked for over and over; whoever invents others only costs time.
const parsed = new BoundedMap<string, string | null>(256)

/**
 * Lower-cased host without the root dot and without `defaultPort`, or null when it is not a plain RFC 3986 §3.2.2
 * reg-name, IPv4 or [IPv6] with an optional port. Userinfo, percent-escapes and sub-delims are refused: Host goes into
 * `Forwarded` and `x-forwarded-host`, where they would be syntax.
 */
export function parseAuthority(raw: string, defaultPort: '80' | '443'): string | null {
  if (raw.length > longestName + 7) return null
  const key = `${defaultPort} ${raw}`
  const known = parsed.get(key)
  if (known !== undefined) return known
  const authority = parse(raw, defaultPort)
  parsed.set(key, authority)
  return authority
}

function parse(raw: string, defaultPort: '80' | '443'): string | null {
  // Before lower-casing: U+212A KELVIN SIGN lower-cases into an ASCII 'k' and would name somebody else's host.
  if (notVisibleAscii.test(raw)) return null
  const written = raw.toLowerCase()
  const colon = written.startsWith('[') ? written.indexOf(']:') + 1 : written.indexOf(':')
  if (colon <= 0) return canonicalName(written)
  const name = canonicalName(written.slice(0, colon))
  const port = written.slice(colon + 1)
  if (name === null) return null
  if (port === '' || port === defaultPort) return name
  return portNumber.test(port) && Number(port) <= highestPort ? `${name}:${port}` : null
}
