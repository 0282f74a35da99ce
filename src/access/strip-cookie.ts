// Takes the gateway's own cookies out of a Cookie header. Does not judge their values.

export type TakenCookies = { readonly rest: string; readonly taken: Readonly<Record<string, string[]>> }

// Cookie pairs are parted by ';' alone (RFC 6265 §5.4, also inside quotes); only these two are optional white space.
const leadingSpace = /^[ \t]+/
const tokenCharacter = /[!#$%&'*+.^_`|~0-9A-Za-z-]/

const isSpace = (character: string | undefined): boolean => character === ' ' || character === '\t'

// By hand: a regular expression for each side of each pair is most of what a cookie header costs.
const trimmed = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text[start])) start++
  while (end > start && isSpace(text[end - 1])) end--
  return text.slice(start, end)
}

const nameOf = (pair: string): string => {
  const equals = pair.indexOf('=')
  return trimmed(equals === -1 ? pair : pair.slice(0, equals))
}

// `a=1, name=secret` from joined header lines, `a="x name=secret"`: not ours to a parser that splits at ';', ours to
// one that also splits at ',' or white space. `xname=…` and `name-csrf=…` are other cookies.
const occursAsName = (text: string, name: string): boolean => {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    if (at > 0 && tokenCharacter.test(text.charAt(at - 1))) continue
    let next = at + name.length
    while (isSpace(text[next])) next++
    if (text[next] === '=') return true
  }
  return false
}

/**
 * Removes the pairs called exactly one of `names` and leaves every other byte alone. `taken` has a name only when it
 * occurred, with its values in order and as sent. 'ambiguous' when a name is still there for a parser with other ideas:
 * the caller answers 400, for the session cookie must never reach the origin.
 */
export function takeCookies(header: string, names: readonly string[]): TakenCookies | 'ambiguous' {
  if (!names.some((name) => header.includes(name))) return { rest: header, taken: {} }
  const taken = new Map<string, string[]>()
  const kept: string[] = []
  let first = true
  let firstKeptWasFirst = true
  for (const pair of header.split(';')) {
    const name = nameOf(pair)
    if (names.includes(name)) {
      const equals = pair.indexOf('=')
      const value = equals === -1 ? '' : trimmed(pair.slice(equals + 1))
      taken.set(name, [...(taken.get(name) ?? []), value])
    } else {
      if (kept.length === 0) firstKeptWasFirst = first
      kept.push(pair)
    }
    first = false
  }
  const joined = kept.join(';')
  // The space belonged to the ';' that went with the pair before it.
  const rest = firstKeptWasFirst ? joined : joined.replace(leadingSpace, '')
  if (names.some((name) => occursAsName(rest, name))) return 'ambiguous'
  // fromEntries defines own properties, so a cookie called `__proto__` stays data.
  return { rest, taken: Object.fromEntries(taken) }
}
