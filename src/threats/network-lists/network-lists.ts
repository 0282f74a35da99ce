// What the lists say of an address, in an isolate: by what it holds of them now. Getting them happens behind the requests'
// backs and no request waits for it; until then nobody is on a list.
import { BoundedMap } from '../../kit/bounded-map.ts'
import { dayMs, minuteMs } from '../../kit/duration.ts'
import { log } from '../../log.ts'
import { type AddressWords, addressWords } from './address.ts'
import type { ListKind, ListSettings, ListStore, RefreshOutcome } from './lists.ts'
import { type Prefix, isInside } from './prefix.ts'
import { type PrefixSet, isInSet, readPrefixSet } from './prefix-set.ts'

/** Who is on which lists, and what that makes of them. */
export interface Listed {
  readonly kinds: readonly ListKind[]
  readonly lists: readonly string[]
}

export const unlisted: Listed = { kinds: [], lists: [] }

/** What the site says of a network, whatever the lists say: the narrowest that fits decides. */
export interface ListOverride {
  readonly prefix: Prefix
  readonly kinds: readonly ListKind[]
}

interface Background {
  waitUntil(work: Promise<unknown>): void
}

export interface NetworkLists {
  lookup(ip: string | null, background: Background): Listed
  /** What this isolate holds, for metrics. */
  sizes(): readonly { readonly list: string; readonly entries: number }[]
}

export interface NetworkListsOptions {
  readonly lists: readonly ListSettings[]
  readonly overrides: readonly ListOverride[]
  readonly store: (id: string) => ListStore
  /** Told of each list that was got or refused. */
  readonly report: (list: ListSettings, outcome: RefreshOutcome) => Promise<void>
  readonly now: () => number
}

interface Held {
  readonly list: ListSettings
  readonly version: number
  readonly entries: number
  readonly confirmedAtMs: number
  readonly set: PrefixSet
}

const checkEveryMs = 5 * minuteMs
/** Addresses change hands: what nobody has confirmed for so long says nothing any more. */
const goodForMs = 30 * dayMs
const addressesKept = 20_000

export function createNetworkLists({ lists, overrides, store, report, now }: NetworkListsOptions): NetworkLists {
  const narrowestFirst = overrides.toSorted((a, b) => b.prefix.length - a.prefix.length)
  const isEmpty = lists.length === 0 && overrides.length === 0
  const held = new Map<string, Held>()
  let known = new BoundedMap<string, Listed>(addressesKept)
  let checkedAtMs = Number.NEGATIVE_INFINITY

  async function check(): Promise<void> {
    for (const list of lists) await load(list).catch((error: unknown) => logFault(list, error))
    // What was said of addresses before is of the lists before.
    known = new BoundedMap(addressesKept)
  }

  /** A list that nobody has got yet, as after a first deployment, does not wait for the clock. */
  async function load(list: ListSettings): Promise<void> {
    const object = store(list.id)
    const kept = await object.describe(list.url)
    if (kept === null) {
      await report(list, await object.refresh(list))
      checkedAtMs = now() - checkEveryMs + minuteMs / 6
      return
    }
    const before = held.get(list.id)
    const { version, chunks, entries, confirmedAtMs } = kept
    const set = before?.version === version ? before.set : await compiled(object, version, chunks)
    if (set !== null) held.set(list.id, { list, version, entries, confirmedAtMs, set })
  }

  function find(ip: string): Listed {
    const words = addressWords(ip)
    if (words === null) return unlisted
    const override = narrowestFirst.find(({ prefix }) => isInside(words, prefix))
    if (override !== undefined) return { kinds: override.kinds, lists: ['override'] }
    return listedBy(
      words,
      [...held.values()].filter(({ confirmedAtMs }) => now() - confirmedAtMs < goodForMs),
    )
  }

  return {
    lookup(ip, background) {
      if (isEmpty || ip === null) return unlisted
      if (lists.length > 0 && now() - checkedAtMs >= checkEveryMs) {
        checkedAtMs = now()
        background.waitUntil(check())
      }
      const seen = known.get(ip)
      if (seen !== undefined) return seen
      const found = find(ip)
      known.set(ip, found)
      return found
    },
    sizes: () => [...held.values()].map(({ list: { id }, entries }) => ({ list: id, entries })),
  }
}

function listedBy(words: AddressWords, held: readonly Held[]): Listed {
  const on = held.filter(({ set }) => isInSet(set, words)).map(({ list }) => list)
  return on.length === 0 ? unlisted : { kinds: [...new Set(on.map(({ kind }) => kind))], lists: on.map(({ id }) => id) }
}

/** Null when the list changed meanwhile: the next check gets the other. */
async function compiled(object: ListStore, version: number, chunks: number): Promise<PrefixSet | null> {
  const parts: Uint8Array[] = []
  for (let index = 0; index < chunks; index += 1) {
    const part = await object.chunk(version, index)
    if (part === null) return null
    parts.push(part)
  }
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return readPrefixSet(bytes)
}

function logFault({ id }: ListSettings, error: unknown): void {
  log('error', 'network list could not be read', { list: id, reason: error instanceof Error ? error.name : 'unknown' })
}
