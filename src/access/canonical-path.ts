// The one spelling of a URL path, or the reason why two servers could read it differently. Knows no hosts, no rules.

import { decodeEscapes } from './percent.ts'

export type PathRefusal =
  | 'not-a-path'
  | 'too-long'
  | 'control-character'
  | 'whitespace'
  | 'non-ascii'
  | 'fragment'
  | 'backslash'
  | 'empty-segment'
  | 'dot-segment'
  | 'encoded-separator'
  | 'malformed-escape'
  | 'invalid-utf8'
  | 'iterated-encoding'

export type CanonicalPath = { readonly ok: true; readonly path: string } | Refused
type Refused = { readonly ok: false; readonly reason: PathRefusal }

const longestPath = 8192
const deepestDecoding = 3

// Already canonical and beyond doubt: unreserved and sub-delims only, no escape, no segment of dots, no `;`, `:` or `+`
// right after leading dots. Nearly every request ends here.
const beyondDoubt = /^(?:\/\.*[\w~!$&'()*,=@-][\w~!$&'()*+,=@:;.-]*)*\/?$/

const unfitCharacter = /[^\x21-\x7e]|[#\\]/
const malformedEscape = /%(?![0-9A-Fa-f]{2})/
const escapes = /%[0-9A-Fa-f]{2}/g
const anyEscape = /%[0-9A-Fa-f]{2}/
const unreserved = /[\w.~-]/
// Not pchar (RFC 3986 §3.3). WHATWG encodes some of them today and others in later editions (`^` changed in 2023);
// the encoded form is the only one which every edition leaves alone.
const unfitForPath = /["<>[\]^`{|}]/g
const encodedSeparator = /%(?:2f|5c)/i
// IIS's own escape. Well-formed nowhere else, so it only ever arrives behind an encoded '%'.
const microsoftEscape = /%u[0-9a-f]{4}/i
const control = /\p{Cc}/u
// A segment of dots alone, also among spaces (Windows drops them; '+' is one to PHP's urldecode), before `;params`
// (Tomcat, Spring) or an NTFS stream.
const dotSegment = /\/[ +]*\.[. +]*(?:[;:/]|$)/
const beyondAscii = /[\u0080-\uffff]/
// Zero-width characters and variation selectors, which HFS+ and "clean" user input drop: '.' U+200B '.'.
const ignorables = /\p{Default_Ignorable_Code_Point}/gu
const lookalikeDotSegment = /[/\\] *\.{1,2} *(?:[;:/\\]|$)/
const lookalikeAuthority = /^\/[/\\]/
// Slashes by shape that NFKC keeps apart but Windows code pages and filesystems map to '/' or '\'.
const slashShapes = /[\u2044\u2215\u29f8]/g
const backslashShapes = /[\u2216\u29f5\u29f9]/g

export function refusedCharacter(character: string): PathRefusal {
  if (character === '#') return 'fragment'
  if (character === '\\') return 'backslash'
  if (character === ' ') return 'whitespace'
  return control.test(character) ? 'control-character' : 'non-ascii'
}

/** Compatibility form with the slash shapes folded in: what a server that "cleans up" Unicode would see. */
export function compatibilityForm(text: string, form: 'NFKC' | 'NFKD'): string {
  return text.normalize(form).replace(ignorables, '').replace(slashShapes, '/').replace(backslashShapes, '\\')
}

const respell = (escape: string): string => {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  // RFC 3986 §6.2.2.2 and §6.2.2.1: unreserved characters need no escape, hex digits are upper-case.
  return unreserved.test(character) ? character : escape.toUpperCase()
}

const encode = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

// NFKC turns U+FF0E and U+2025 into dots, U+FF0F into '/', U+FF05 into '%'. A slash alone is a title in Japanese and is
// left to the readings; one that makes a dot segment, an authority or a fresh escape has no honest use.
const lookalike = (text: string): PathRefusal | null => {
  const seen = compatibilityForm(text, 'NFKC')
  if (lookalikeDotSegment.test(seen)) return 'dot-segment'
  if (lookalikeAuthority.test(seen)) return 'empty-segment'
  return anyEscape.test(seen) ? 'iterated-encoding' : null
}

// Each round is one more server that decodes what its predecessor decoded already.
const revealed = (path: string): PathRefusal | null => {
  let text = path
  for (let depth = 0; ; depth++) {
    if (dotSegment.test(text)) return 'dot-segment'
    if (control.test(text)) return 'control-character'
    if (!text.includes('%')) break
    if (encodedSeparator.test(text)) return 'encoded-separator'
    if (microsoftEscape.test(text)) return 'iterated-encoding'
    if (!anyEscape.test(text)) break
    // Nobody encodes four times by accident, and a bound here bounds the readings too.
    if (depth === deepestDecoding) return 'iterated-encoding'
    const decoded = decodeEscapes(text)
    if (decoded === null) return 'invalid-utf8'
    text = decoded
  }
  return beyondAscii.test(text) ? lookalike(text) : null
}

const refuse = (reason: PathRefusal): Refused => ({ ok: false, reason })

/** Canonical form of a raw path. Idempotent, and left alone by the WHATWG URL parser. At most 8,192 characters. */
export function canonicalPath(raw: string): CanonicalPath {
  if (!raw.startsWith('/')) return refuse('not-a-path')
  if (raw.length > longestPath) return refuse('too-long')
  if (beyondDoubt.test(raw)) return { ok: true, path: raw }
  const unfit = unfitCharacter.exec(raw)
  if (unfit !== null) return refuse(refusedCharacter(unfit[0]))
  if (raw.includes('?')) return refuse('not-a-path')
  if (raw.includes('//')) return refuse('empty-segment')
  if (malformedEscape.test(raw)) return refuse('malformed-escape')
  const path = raw.replace(escapes, respell).replace(unfitForPath, encode)
  const reason = revealed(path)
  return reason === null ? { ok: true, path } : refuse(reason)
}
