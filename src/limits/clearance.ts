// What somebody has who answered a captcha: for ten minutes and from one network, good for a few attempts that a limit would
// have asked about. Bound to the network, as one answered captcha could otherwise be carried to hundreds of addresses.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { minuteMs, secondMs } from '../kit/duration.ts'
import { randomToken } from '../kit/random.ts'
import { addressSubject } from './subject.ts'

export interface Clearances {
  issue(ip: string | null): { readonly clearance: string; readonly maxAgeS: number }
  /** Under which its uses are counted; null when it is not ours, not from this network, or over. */
  idOf(clearance: string | null, ip: string | null): string | null
}

const validMs = 10 * minuteMs
const pattern = /^([\w-]{22})\.(\d{1,12})\.([\w-]{43})$/

export function createClearances(
  key: Uint8Array,
  { ipv6Prefix, now }: { readonly ipv6Prefix: number; readonly now: () => number },
): Clearances {
  const sign = (id: string, expiresAtS: string, ip: string | null): string =>
    createHmac('sha256', key)
      .update(`${id}.${expiresAtS}.${addressSubject(ip, ipv6Prefix)}`)
      .digest('base64url')
  return {
    issue(ip) {
      const id = randomToken(16)
      const expiresAtS = String(Math.ceil((now() + validMs) / secondMs))
      return {
        clearance: `${id}.${expiresAtS}.${sign(id, expiresAtS, ip)}`,
        maxAgeS: validMs / secondMs,
      }
    },
    idOf(clearance, ip) {
      const [, id, expiresAtS, signature] = pattern.exec(clearance ?? '') ?? []
      if (id === undefined || expiresAtS === undefined || signature === undefined) return null
      if (!isSame(signature, sign(id, expiresAtS, ip))) return null
      return now() < Number(expiresAtS) * secondMs ? id : null
    },
  }
}

/** Of one length by the pattern. */
function isSame(given: string, expected: string): boolean {
  const encoder = new TextEncoder()
  return timingSafeEqual(encoder.encode(given), encoder.encode(expected))
}
