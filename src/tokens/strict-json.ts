// Reads a JSON object that can be read in one way only: UTF-8, and no member twice at any depth.

/** Strict, and a byte order mark is no JSON (RFC 8259 §8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Null when the bytes are not one JSON object, or hold a member twice. Parsers differ in which of two they keep, so a
 * token with two `sub` is one person's here and another's there (RFC 8725 §2.4, RFC 7519 §4).
 */
export function parseStrictObject(bytes: Uint8Array): JsonObject | null {
  let text: string
  let value: unknown
  try {
    text = utf8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(value)) return null
  // The parser keeps one of several equal names, however they were spelled: then the text has more members than the value.
  return membersIn(text) === membersOf(value) ? value : null
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** In valid JSON every colon outside a string belongs to exactly one member. */
function membersIn(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === colon) count += 1
    else if (code === quote) at = endOfString(text, at)
  }
  return count
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

/** Without recursion: 16 KB of brackets are deeper than a stack. */
function membersOf(value: JsonObject): number {
  const open: unknown[] = [value]
  let count = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const inner = Object.values(next)
    if (!Array.isArray(next)) count += inner.length
    // `undefined` ends the walk, and JSON holds none.
    for (const one of inner) if (typeof one === 'object' && one !== null) open.push(one)
  }
  return count
}
