// Splits a raw request URL into host, path and query that every server reads alike, or refuses it (requirement G3).
// Decides nothing about rules; the caller answers 400 for every refusal.

import { parseAuthority } from './authority.ts'
import { canonicalPath, type PathRefusal, refusedCharacter } from './canonical-path.ts'

export type Target = {
  /** Canonical, starts with '/'. Exactly what `fetch(new URL(path + search, origin))` sends. */
  readonly path: string
  /** '' or '?…' as the client wrote it. */
  readonly search: string
  /** Lower case, no root dot, default port removed. */
  readonly host: string
}

export type TargetRefusal = PathRefusal | 'host-missing' | 'host-duplicate' | 'host-malformed' | 'host-mismatch'

export type CanonicalTarget =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly reason: TargetRefusal }

// Everything the WHATWG "special-query" encode set leaves alone.
const unchangedSearch = /^\?[!$-&(-;=?-~]*$/
// A query may hold a backslash: no server resolves it there.
const unfitForSearch = /[^\x21-\x7e]|#/
const encodedInSearch = /["'<>]/g
const encodeQuery = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

const refuse = (reason: TargetRefusal): CanonicalTarget => ({ ok: false, reason })

// The Host header is glued in front of the target unescaped, so the split must follow the header, not a URL parser: a
// parser would let `Host: a/b` move the boundary. A platform that normalised the authority is the only other way.
const requestTarget = (url: string, host: string, authority: string): string | null => {
  const start = url.indexOf('://') + 3
  if (url.startsWith(host, start)) return url.slice(start + host.length)
  const slash = url.indexOf('/', start)
  if (slash === -1) return null
  const written = parseAuthority(url.slice(start, slash), url.startsWith('https:') ? '443' : '80')
  return written === authority ? url.slice(slash) : null
}

/**
 * @param url `request.url` as workerd hands it over: `http(s)://` + Host verbatim + request target verbatim.
 * @param host the Host header, null when absent.
 */
export function canonicalTarget(url: string, host: string | null): CanonicalTarget {
  if (host === null || host === '') return refuse('host-missing')
  // Two Host headers are joined by a comma; RFC 9112 §3.2 asks for 400.
  if (host.includes(',')) return refuse('host-duplicate')
  const secure = url.startsWith('https://')
  if (!secure && !url.startsWith('http://')) return refuse('host-mismatch')
  const authority = parseAuthority(host, secure ? '443' : '80')
  if (authority === null) return refuse('host-malformed')
  const raw = requestTarget(url, host, authority)
  if (raw === null) return refuse('host-mismatch')
  const mark = raw.indexOf('?')
  const path = canonicalPath(mark === -1 ? raw : raw.slice(0, mark))
  if (!path.ok) return path
  const search = mark === -1 ? '' : raw.slice(mark)
  if (search === '' || unchangedSearch.test(search))
    return { ok: true, target: { path: path.path, search, host: authority } }
  const unfit = unfitForSearch.exec(search)
  if (unfit !== null) return refuse(refusedCharacter(unfit[0]))
  return {
    ok: true,
    target: { path: path.path, search: search.replace(encodedInSearch, encodeQuery), host: authority },
  }
}
