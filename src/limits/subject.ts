// Who is counted, spelled one way whatever spelling came in, and which object counts it.
import { createHmac } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { hashOf } from '../kit/hash.ts'

/** `ipv6-network`: the wider part of an IPv6 address that one customer may have; nobody, for IPv4. */
export type SubjectKind =
  | 'address'
  | 'ipv6-network'
  | 'user'
  | 'account'
  | 'number'
  | 'mail-address'
  | 'client'
  | 'clearance'
  | 'everyone'
  | 'network'
  | 'country'
  | 'site'

/** One kind, or a client together with what it asks about. */
export type RuleSubject = SubjectKind | readonly ['address', SubjectKind]

const unknownAddress = 'address:unknown'
/**
 * What the platform says where a Worker asks, anybody's: it tells one asker from another no more than no address does
 * (Cloudflare, "HTTP headers", CF-Connecting-IP in Worker subrequests).
 */
const sharedByAllWorkers = '2a06:98c0:3600::103'
/** What providers hand to a customer at most (RIPE 690, RFC 6177). */
const networkPrefix = 48

/** Null for whom the rule does not mean: an IPv4 address says nothing of how much its owner has. */
export function networkSubject(ip: string | null): string | null {
  const subject = addressSubject(ip, networkPrefix)
  return subject.endsWith(`/${networkPrefix}`) ? `network:${subject.slice('address:'.length)}` : null
}

/** By the platform's code. */
export const continents = ['af', 'an', 'as', 'eu', 'na', 'oc', 'sa'] as const
const places = new Set<string>(continents)

/**
 * The network of a client. IPv6 by its prefix, because one household or server owns all of it; mapped IPv4 as IPv4. No
 * address, a text that is none, or one that is nobody's own: one bucket for all such requests.
 */
export function addressSubject(ip: string | null, ipv6Prefix: number): string {
  // Bounded before it is parsed: 45 characters is the longest spelling of an address.
  if (ip === null || ip.length > 45 || !ipaddr.isValid(ip)) return unknownAddress
  const address = ipaddr.process(ip)
  if (!(address instanceof ipaddr.IPv6)) return `address:${address.toString()}`
  if (address.toString() === sharedByAllWorkers) return unknownAddress
  return `address:${networkOf(address.parts, ipv6Prefix)}/${ipv6Prefix}`
}

/** The wider network that an address is in: what one owner of many addresses is usually given. Null for no address. */
export function wideNetwork(ip: string | null): string | null {
  const key = addressSubject(ip, 48)
  if (isUnknownAddress(key)) return null
  const text = key.slice('address:'.length)
  return text.includes(':') ? text : `${text.slice(0, text.lastIndexOf('.'))}.0/24`
}

/** The part of an address that counts, in the usual spelling where it ends in zeros. */
function networkOf(parts: readonly number[], prefix: number): string {
  const kept = parts.map((part, index) => {
    const bits = Math.min(16, Math.max(0, prefix - 16 * index))
    return part & (0xffff << (16 - bits)) & 0xffff
  })
  const length = Math.ceil(prefix / 16)
  const text = kept.slice(0, length).map((part) => part.toString(16))
  return length < parts.length ? `${text.join(':')}::` : text.join(':')
}

export function isUnknownAddress(subject: string): boolean {
  return subject === unknownAddress
}

/** Keyed, so that the counters' storage names nobody. */
export function secretSubject(kind: SubjectKind, key: Uint8Array, text: string): string {
  return `${kind}:${createHmac('sha256', key).update(`${kind}:${text}`).digest('base64url')}`
}

export interface AskedBy {
  readonly ip: string | null
  readonly ipv6Prefix: number
  readonly secret: Uint8Array
}

/** Of a rule that a login method asks for, about the text it has read. */
export function askedSubject(subject: RuleSubject, text: string, { ip, ipv6Prefix, secret }: AskedBy): string {
  const of = (kind: SubjectKind): string => {
    if (kind === 'everyone') return kind
    return kind === 'address' ? addressSubject(ip, ipv6Prefix) : secretSubject(kind, secret, text)
  }
  return typeof subject === 'string' ? of(subject) : subject.map(of).join('+')
}

/**
 * The object that counts a subject: addresses and users near where they are, everything else in one place of the world.
 * A fixed number of names, so that no subject can make an object.
 */
export function limitObjectName(subject: string, place: string | null, shards: number): string {
  const near = place !== null && places.has(place.toLowerCase()) ? place.toLowerCase() : 'all'
  return `limit:${near}:${hashOf(subject) % shards}`
}
