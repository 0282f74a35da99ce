// What a session was first used with, and whether a request looks as if somebody else had its cookie: another browser, or
// another network by another TLS client. Pure. A sign of theft and no proof of it: it asks for a proof and ends nothing.
import { browserFamily } from '../kit/browser-family.ts'

export interface Fingerprint {
  readonly browser: string | null
  readonly ip: string | null
  /** Null where the platform does not tell. */
  readonly tls: string | null
}

export interface Seen {
  readonly userAgent: string | null
  readonly ip: string | null
  readonly tls: string | null
}

export type Change = 'another browser' | 'another network and TLS client'

export function fingerprintOf({ userAgent, ip, tls }: Seen): Fingerprint {
  return { browser: browserFamily(userAgent), ip, tls }
}

/**
 * Somebody who travels keeps the browser, and somebody whose browser was updated keeps the network; what cannot be told is
 * no change. `seen.tls` is looked at last: reading it costs more than the rest.
 */
export function changeOf(kept: Fingerprint, seen: Seen, networkOf: (ip: string) => string): Change | null {
  if (browserFamily(seen.userAgent) !== kept.browser) return 'another browser'
  if (kept.ip === null || seen.ip === null || seen.ip === kept.ip || networkOf(seen.ip) === networkOf(kept.ip))
    return null
  if (kept.tls === null) return null
  const { tls } = seen
  return tls === null || tls === kept.tls ? null : 'another network and TLS client'
}
