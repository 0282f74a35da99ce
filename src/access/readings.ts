// The looser ways an origin might read a canonical path. Over-folds on purpose: a reading can only add a requirement,
// never lift one, so two paths that fold together wrongly cost a login and two that stay apart wrongly cost the site.
//
// Not read: suffixes such as `.json`, PATH_INFO behind a script name, and Windows 8.3 names (`ADMINI~1`), which cannot
// be undone without the directory. `%u002e` never gets here: canonicalPath refuses it at every depth.

import { compatibilityForm } from './canonical-path.ts'
import { decodeEscapes } from './percent.ts'

/** One family of origins: does it see slashes that Unicode hides, and where does it think the path ends? */
type Fold = { readonly hiddenSlashes: boolean; readonly end: RegExp | null }

// Four, because they do not subsume each other: a rule `/wiki/*/edit` is lost when `AC／DC` counts as two segments, and
// `/wiki/C%23/edit` is `/wiki/C` to a server that decodes before it splits, `/a;b/c` is `/a` to filters cut at ';'.
export const folds: readonly Fold[] = [
  { hiddenSlashes: false, end: null },
  { hiddenSlashes: true, end: null },
  { hiddenSlashes: true, end: /[?#]/ },
  { hiddenSlashes: true, end: /[?#;]/ },
]

// What no fold changes: lower case, no escape, '+', ';', '$' or trailing dot. Nearly every path after lower-casing.
const unfoldable = /^(?:\/[a-z0-9_~!&'()*,=@:-]+(?:\.+[a-z0-9_~!&'()*,=@:-]+)*)*$/
// Neither dots alone nor anything that `narrow` touches.
const plainName = /^[a-z0-9_~-]+$/
const plainSegment = /^[a-z0-9_.~-]*$/
const beyondAscii = /[\u0080-\uffff]/
// Accent-insensitive collations (MySQL's default) and slug makers (WordPress) read `/ádmin` as `/admin`.
const accents = /[\u0300-\u036f]/g
const hiddenSlash = /[/\\]/g
const separators = /[/\\]+/
const loneDots = /^\.{1,2}$/
const pathEnd = /[?#;]/
const dotOrSpace = /[.\s]/
const deepestDecoding = 4

// Upper-casing first: U+0131 and U+017F only reach 'i' and 's' that way, and 'ß' meets 'ss'.
const foldCase = (text: string): string => text.toUpperCase().toLowerCase().replace(accents, '')

const loosen = (segment: string): string => {
  if (plainSegment.test(segment)) return segment
  let text = segment
  for (let depth = 0; depth < deepestDecoding; depth++) {
    const decoded = text.includes('%') ? (decodeEscapes(text) ?? text) : text
    const next = beyondAscii.test(decoded) ? compatibilityForm(decoded, 'NFKD') : decoded
    if (next === text) break
    text = next
  }
  // PHP's urldecode and form decoders in WSGI glue read '+' as a space, also in paths.
  const spaced = text.replaceAll('+', ' ')
  return beyondAscii.test(spaced) ? foldCase(spaced) : spaced.toLowerCase()
}

const trimEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && dotOrSpace.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

// NTFS: `x::$DATA` is x itself, `x:$i30:$INDEX_ALLOCATION` the directory. Without a '$' it is a colon like any other.
const withoutStream = (name: string): string => {
  const colon = name.indexOf(':')
  return colon !== -1 && name.includes('$', colon) ? name.slice(0, colon) : name
}

// Tomcat and Spring drop `;params`, Windows trailing dots and spaces, and much glue code trims.
const narrow = (segment: string): string => {
  const semicolon = segment.indexOf(';')
  const named = semicolon === -1 ? segment : segment.slice(0, semicolon)
  return trimEnd(withoutStream(named)).trimStart()
}

// Keeps the number of segments: one that narrows to nothing stays as it is, so `*` in a rule still finds it.
const segmentwise = (segments: readonly string[]): string => {
  const folded = segments.map((segment) => {
    if (plainName.test(segment)) return segment
    const text = segment.replace(hiddenSlash, '\u2215')
    return narrow(text) || text
  })
  while (folded.length > 2 && folded.at(-1) === '') folded.pop()
  return folded.join('/')
}

// Merged slashes and resolved dots. canonicalPath lets neither through; whoever calls with less still gets an answer.
const resolved = (whole: string): string => {
  const kept: string[] = []
  for (const segment of whole.split(separators)) {
    if (plainName.test(segment)) {
      kept.push(segment)
      continue
    }
    const dots = loneDots.exec((segment.split(';', 1)[0] ?? '').trim())
    if (dots?.[0] === '..') kept.pop()
    const name = narrow(segment)
    if (dots === null && name !== '') kept.push(name)
  }
  return `/${kept.join('/')}`
}

const cutAt = (whole: string, end: RegExp | null): string => {
  const at = end === null ? -1 : whole.search(end)
  return at === -1 ? whole : whole.slice(0, at)
}

/** The path under each of `folds`, in their order. Rules are folded the same way before they are compared. */
export function foldings(path: string): readonly string[] {
  const lower = path.toLowerCase()
  const short = lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower
  if (short === '/' || unfoldable.test(short)) return folds.map(() => short)
  const segments = path.split('/').map(loosen)
  const whole = segments.join('/')
  const spread = resolved(whole)
  const ends = pathEnd.test(whole)
  return folds.map(({ hiddenSlashes, end }) => {
    if (!hiddenSlashes) return segmentwise(segments)
    return ends ? resolved(cutAt(whole, end)) : spread
  })
}

/** The path itself, then, where different, how looser origins might read it. At most five. */
export function readings(path: string): readonly string[] {
  return [...new Set([path, ...foldings(path)])]
}
