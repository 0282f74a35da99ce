// What different servers make of a request target before they look for a file or a route. Models, not the servers:
// each does the one or two things its kind is known for, in its order, and errs towards reaching more.

export type OriginNormaliser = { readonly name: string; readonly read: (target: string) => string }

const withoutQuery = (target: string): string => target.replace(/[?#].*$/s, '')

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff)

const decodeBytes = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** Percent-decoding as most servers do it: bytes first, then UTF-8 with replacement characters. */
const decode = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => new TextDecoder().decode(bytesOf(decodeBytes(run))))

// A decoder without the shortest-form check: C0 AE is '.', C0 AF is '/'.
const decodeOverlong = (text: string): string =>
  decodeBytes(text)
    .replace(/\xf0\x80([\x80-\x81])([\x80-\xbf])/g, (_, a: string, b: string) => twoBytes(a, b))
    .replace(/\xe0([\x80-\x81])([\x80-\xbf])/g, (_, a: string, b: string) => twoBytes(a, b))
    .replace(/([\xc0\xc1])([\x80-\xbf])/g, (_, a: string, b: string) => twoBytes(a, b))

const twoBytes = (a: string, b: string): string =>
  String.fromCharCode(((a.charCodeAt(0) & 0x01) << 6) | (b.charCodeAt(0) & 0x3f))

const resolveDots = (path: string): string => {
  const kept: string[] = []
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}`
}

const mergeSlashes = (path: string): string => path.replace(/\/{2,}/g, '/')
const withoutParams = (path: string): string => path.replace(/;[^/]*/g, '')
const cutAtNul = (path: string): string => path.split('\0', 1)[0] ?? ''
const backslashes = (path: string): string => path.replaceAll('\\', '/')
const perSegment = (path: string, edit: (segment: string) => string): string => path.split('/').map(edit).join('/')
const windowsName = (segment: string): string =>
  /^\.{1,2}$/.test(segment) ? segment : segment.replace(/:.*\$.*$/, '').replace(/[. ]+$/, '')
const loneDots = (segment: string): string => segment.replace(/^(\.{1,2}) +$/, '$1')
const microsoftDecode = (text: string): string =>
  text.replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
const zeroWidth = /\u00ad|[\u200b-\u200f]|\u2060|\ufe0f|\ufeff/g
const bestFit = (text: string): string => text.replace(/[\u2044\u2215]/g, '/').replace(/[\u2216\u29f5]/g, '\\')

export const originNormalisers: readonly OriginNormaliser[] = [
  { name: 'nothing', read: withoutQuery },
  { name: 'nginx merge_slashes', read: (t) => resolveDots(mergeSlashes(decode(withoutQuery(t)))) },
  {
    name: 'Apache: no encoded slashes, cut at NUL',
    read: (t) => resolveDots(mergeSlashes(cutAtNul(decode(withoutQuery(t))))),
  },
  {
    name: 'Express: case-insensitive, loose slash',
    read: (t) => decode(withoutQuery(t)).toLowerCase().replace(/\/$/, ''),
  },
  { name: 'Node static files', read: (t) => resolveDots(decode(withoutQuery(t))) },
  {
    name: 'Tomcat: params, then decode, then resolve',
    read: (t) => resolveDots(mergeSlashes(decode(withoutParams(withoutQuery(t))))),
  },
  { name: 'Jetty: decode, then params', read: (t) => resolveDots(withoutParams(decode(withoutQuery(t)))) },
  {
    name: 'Spring: params and trailing slash',
    read: (t) => mergeSlashes(withoutParams(decode(withoutQuery(t)))).replace(/\/$/, ''),
  },
  { name: 'filter cut at the first semicolon', read: (t) => resolveDots(decode(withoutQuery(t)).replace(/;.*$/s, '')) },
  {
    name: 'IIS: %u, backslash, case',
    read: (t) => resolveDots(mergeSlashes(backslashes(decode(microsoftDecode(withoutQuery(t))).toLowerCase()))),
  },
  {
    name: 'IIS double decode',
    read: (t) => resolveDots(backslashes(decode(microsoftDecode(decode(withoutQuery(t)))).toLowerCase())),
  },
  {
    name: 'Windows names: dots, spaces, streams',
    read: (t) =>
      perSegment(resolveDots(perSegment(backslashes(decode(withoutQuery(t))), loneDots)), windowsName).toLowerCase(),
  },
  {
    name: 'Windows best fit',
    read: (t) =>
      resolveDots(mergeSlashes(backslashes(bestFit(decode(withoutQuery(t)).normalize('NFKC'))))).toLowerCase(),
  },
  {
    name: 'PHP behind a decoding proxy',
    read: (t) => resolveDots(mergeSlashes(decode(decode(withoutQuery(t)).replaceAll('+', ' ')))),
  },
  {
    name: 'three proxies that decode',
    read: (t) => resolveDots(mergeSlashes(decode(decode(decode(withoutQuery(t)))))),
  },
  { name: 'four decodings', read: (t) => resolveDots(mergeSlashes(decode(decode(decode(decode(withoutQuery(t))))))) },
  {
    name: 'PHP urldecode and trim',
    read: (t) => perSegment(decode(withoutQuery(t).replaceAll('+', ' ')), (s) => s.trim()),
  },
  {
    name: 'WSGI: bytes as latin1, first slashes merged',
    read: (t) => decodeBytes(withoutQuery(t)).replace(/^\/+/, '/'),
  },
  { name: 'decode before the query is split off', read: (t) => resolveDots(withoutQuery(decode(t))) },
  { name: 'double decode before the query is split off', read: (t) => resolveDots(withoutQuery(decode(decode(t)))) },
  { name: 'Java URI.normalize', read: (t) => decode(resolveDots(mergeSlashes(withoutQuery(t)))) },
  { name: 'lenient UTF-8', read: (t) => resolveDots(mergeSlashes(backslashes(decodeOverlong(withoutQuery(t))))) },
  { name: 'NFKC', read: (t) => resolveDots(mergeSlashes(decode(withoutQuery(t)).normalize('NFKC'))) },
  {
    name: 'NFKC, then decode again, lower case',
    read: (t) => resolveDots(decode(decode(withoutQuery(t)).normalize('NFKC'))).toLowerCase(),
  },
  {
    name: 'upper-casing comparison',
    read: (t) => decode(withoutQuery(t)).normalize('NFKC').toUpperCase().toLowerCase(),
  },
  {
    name: 'accent-insensitive collation',
    read: (t) =>
      decode(withoutQuery(t))
        .normalize('NFD')
        .replace(/[\u0300-\u036f]/g, '')
        .toLowerCase(),
  },
  { name: 'zero-width characters dropped', read: (t) => resolveDots(decode(withoutQuery(t)).replace(zeroWidth, '')) },
  { name: 'WHATWG URL', read: (t) => (URL.canParse(t, 'http://o') ? new URL(t, 'http://o').pathname : t) },
]
