// What was seen of one address, network, account or number within the last hour, in bounded room. Pure: time is an argument.
import { hourMs, minuteMs } from '../../kit/duration.ts'

/**
 * `failure`: a wrong password for an account. `unknown`: one for an account that does not exist. `asked`: a message to a
 * mailbox asked for. `sent`, `answered`: the same by SMS, and its code given back. `refused`: a token or session that is none.
 */
export type SightingKind = 'failure' | 'unknown' | 'success' | 'asked' | 'sent' | 'answered' | 'refused'

export interface Sighting {
  readonly kind: SightingKind
  /** Who or what it was about, hashed: two that are equal are, nearly always, the same. */
  readonly about: number
}

interface Slot {
  readonly fromMs: number
  readonly counts: Readonly<Partial<Record<SightingKind, number>>>
  readonly abouts: Readonly<Partial<Record<SightingKind, readonly number[]>>>
}

export type Evidence = readonly Slot[]

/** Of the last hour. */
export interface EvidenceSummary {
  count(...kinds: readonly SightingKind[]): number
  /** How many different ones it was about, as far as was kept: never too many. */
  distinct(...kinds: readonly SightingKind[]): number
}

export const windowMs = hourMs
const slotMs = 10 * minuteMs
/** In a slot: more than any threshold needs, also that of a network. */
const mostAbouts = 128

export function withSightings(evidence: Evidence, sightings: readonly Sighting[], nowMs: number): Evidence {
  const fromMs = Math.floor(nowMs / slotMs) * slotMs
  const live = current(evidence, nowMs)
  const slot = live.find((one) => one.fromMs === fromMs) ?? { fromMs, counts: {}, abouts: {} }
  return [...live.filter((one) => one !== slot && one.fromMs !== fromMs), sightings.reduce(withSighting, slot)]
}

function withSighting(slot: Slot, { kind, about }: Sighting): Slot {
  const [counts, abouts] = [slot.counts, slot.abouts[kind] ?? []]
  const isKept = abouts.includes(about) || abouts.length >= mostAbouts
  return {
    ...slot,
    counts: { ...counts, [kind]: (counts[kind] ?? 0) + 1 },
    abouts: isKept ? slot.abouts : { ...slot.abouts, [kind]: [...abouts, about] },
  }
}

/** What was seen later than now was seen by a clock that has been set back since, and counts as seen now. */
function current(evidence: Evidence, nowMs: number): Evidence {
  return evidence.filter(({ fromMs }) => fromMs > nowMs - windowMs)
}

export function summaryOf(evidence: Evidence, nowMs: number): EvidenceSummary {
  const slots = current(evidence, nowMs)
  return {
    count: (...kinds) =>
      slots.reduce((sum, { counts }) => sum + kinds.reduce((own, kind) => own + (counts[kind] ?? 0), 0), 0),
    distinct: (...kinds) => new Set(slots.flatMap(({ abouts }) => kinds.flatMap((kind) => abouts[kind] ?? []))).size,
  }
}
