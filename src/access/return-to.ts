// The one parser of `return_to`. Decides that a value is a path on this site, not whether it is a sensible place to go.

import { canonicalPath } from './canonical-path.ts'
import { readings } from './readings.ts'

const longest = 2000
const visibleAscii = /^[!-~]+$/
// In a query too: `%0d%0a` splits a header, `%00` a C string, where something decodes before it redirects. `%2509` is
// the same one decoding later.
const encodedControl = /%(?:25)*(?:[01][0-9a-f]|7f)/i
const nowhere = 'https://site.invalid'

// `/%20/evil.example`, `/;/evil.example`: once the first segment is trimmed away the rest is `//evil.example` again.
const startsBlank = (path: string): boolean => {
  const end = path.indexOf('/', 1)
  return end !== -1 && readings(path.slice(0, end)).includes('/')
}

const resolve = (value: string): URL | null => {
  try {
    return new URL(value, nowhere)
  } catch {
    return null
  }
}

/**
 * A canonical path with its query and fragment, safe to append to the public URL or to use as `Location`; null for
 * everything else, including what the gateway itself would refuse with 400. Beyond ASCII only percent-encoded.
 */
export function parseReturnTo(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > longest) return null
  if (!value.startsWith('/') || !visibleAscii.test(value) || value.includes('\\')) return null
  if (encodedControl.test(value)) return null
  const end = value.search(/[?#]/)
  const path = canonicalPath(end === -1 ? value : value.slice(0, end))
  if (!path.ok || startsBlank(path.path)) return null
  const url = resolve(path.path + (end === -1 ? '' : value.slice(end)))
  // canonicalPath has settled what the path is; a parser that sees another one has been tricked, by either side.
  if (url === null || url.origin !== nowhere || url.pathname !== path.path) return null
  const result = url.href.slice(nowhere.length)
  return result.length > longest ? null : result
}
