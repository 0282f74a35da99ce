// Where evidence is gathered: the same subjects and the same objects that count, so that a finding meets its rule there.
import type { SightingKind } from '../threats/detectors/evidence.ts'
import type { WatchedAt } from '../threats/watch.ts'
import { hashOf } from '../kit/hash.ts'
import { addressSubject, isUnknownAddress, limitObjectName, secretSubject, wideNetwork } from './subject.ts'

interface NetworkClient {
  readonly ip: string | null
  readonly continent: string | null
}

export interface WatchedSubjects {
  /** The address and the network of a client; none of requests without an address, which share one. */
  places(client: NetworkClient): readonly WatchedAt[]
  network(client: NetworkClient): WatchedAt | null
  /** The account or number that a sighting is about, where it is about one. */
  subject(kind: SightingKind, about: string): WatchedAt | null
  /** Keyed: what is kept names nobody. */
  hashOf(about: string): number
}

export interface WatchedSubjectsOptions {
  readonly secret: Uint8Array
  readonly shards: number
  readonly ipv6Prefix: number
}

export function createWatchedSubjects({ secret, shards, ipv6Prefix }: WatchedSubjectsOptions): WatchedSubjects {
  const at = (kind: WatchedAt['kind'], key: string, place: string | null): WatchedAt => ({
    kind,
    key,
    objectName: limitObjectName(key, place, shards),
  })
  const secretly = (kind: 'account' | 'network' | 'number', text: string): WatchedAt =>
    at(kind, secretSubject(kind, secret, text), null)

  function network({ ip }: NetworkClient): WatchedAt | null {
    const text = wideNetwork(ip)
    return text === null ? null : secretly('network', text)
  }

  return {
    network,
    places(client) {
      const key = addressSubject(client.ip, ipv6Prefix)
      const wide = network(client)
      return isUnknownAddress(key) || wide === null ? [] : [at('address', key, client.continent), wide]
    },
    subject(kind, about) {
      if (kind === 'failure' || kind === 'unknown') return secretly('account', about)
      return kind === 'sent' || kind === 'answered' ? secretly('number', about) : null
    },
    hashOf: (about) => hashOf(secretSubject('account', secret, about)),
  }
}
