// Tells the objects what was seen, behind the requests' backs, and puts on record what they make of it.
import { BoundedMap } from '../kit/bounded-map.ts'
import { secondMs } from '../kit/duration.ts'
import { log } from '../log.ts'
import { type DetectorId, type Finding, type WatchedKind, detectorIds } from './detectors/detectors.ts'
import type { Sighting } from './detectors/evidence.ts'
import { type DetectorPolicy, type Suspicion, isRestricting, unsuspected } from './detectors/watched.ts'

export interface DetectorTally {
  readonly detector: DetectorId
  readonly found: number
  /** Those of them that restricted somebody. */
  readonly enforced: number
}

/** Where evidence of somebody is gathered. */
export interface WatchedAt {
  readonly kind: WatchedKind
  readonly key: string
  readonly objectName: string
}

/** The part of the limit object that is called. */
export interface WatchingObject {
  sighted(
    subject: { readonly kind: WatchedKind; readonly key: string },
    sightings: readonly Sighting[],
    policy: DetectorPolicy,
  ): Promise<readonly Finding[]>
  suspicion(key: string): Promise<Suspicion>
}

/** Once a finding, however many requests it took. */
export type RecordFinding = (
  finding: Finding,
  about: { readonly kind: WatchedKind; readonly isEnforced: boolean },
) => Promise<void>

export interface Watch {
  saw(at: readonly WatchedAt[], sighting: Sighting, record: RecordFinding): Promise<void>
  /** Like `saw`, for what may come by the thousand: gathered here and told together. */
  sawOften(at: readonly WatchedAt[], sighting: Sighting, record: RecordFinding): Promise<void>
  /** What an object knows of somebody; nothing, when it cannot be asked. */
  suspicion(at: WatchedAt): Promise<Suspicion>
  tallies(): readonly DetectorTally[]
}

export interface WatchOptions {
  readonly object: (name: string) => WatchingObject
  readonly policy: DetectorPolicy
  readonly now: () => number
}

const gatheredFor = 5 * secondMs
const gatheredAtMost = 10
const gatheredSubjects = 10_000

export function createWatch({ object, policy, now }: WatchOptions): Watch {
  const tallies = new Map(detectorIds.map((detector) => [detector, { detector, found: 0, enforced: 0 }]))
  const gathered = new BoundedMap<string, { since: number; sightings: Sighting[] }>(gatheredSubjects)

  async function tell(
    { kind, key, objectName }: WatchedAt,
    sightings: readonly Sighting[],
    record: RecordFinding,
  ): Promise<void> {
    for (const finding of await object(objectName).sighted({ kind, key }, sightings, policy)) {
      const isRestricted = isRestricting(policy, finding, { key, nowMs: now() })
      const tally = tallies.get(finding.type)
      if (tally !== undefined) tally.found += 1
      if (tally !== undefined && isRestricted) tally.enforced += 1
      await record(finding, { kind, isEnforced: isRestricted })
    }
  }

  /** Evidence that is lost makes a finding later, and no request fails for it. */
  async function tellAll(
    told: readonly { readonly at: WatchedAt; readonly sightings: readonly Sighting[] }[],
    record: RecordFinding,
  ): Promise<void> {
    const all = await Promise.allSettled(told.map(({ at, sightings }) => tell(at, sightings, record)))
    const lost = all.filter(({ status }) => status === 'rejected').length
    if (lost > 0) log('warn', 'evidence was lost', { objects: lost })
  }

  function gather(key: string, sighting: Sighting): readonly Sighting[] {
    const waiting = gathered.get(key) ?? { since: now(), sightings: [] }
    waiting.sightings.push(sighting)
    const isDue = waiting.sightings.length >= gatheredAtMost || now() - waiting.since >= gatheredFor
    if (isDue) gathered.delete(key)
    else gathered.set(key, waiting)
    return isDue ? waiting.sightings : []
  }

  return {
    saw: (at, sighting, record) =>
      tellAll(
        at.map((one) => ({ at: one, sightings: [sighting] })),
        record,
      ),
    sawOften: (at, sighting, record) => {
      const due = at.map((one) => ({ at: one, sightings: gather(one.key, sighting) }))
      return tellAll(
        due.filter(({ sightings }) => sightings.length > 0),
        record,
      )
    },
    suspicion: async ({ objectName, key }) => {
      try {
        return await object(objectName).suspicion(key)
      } catch {
        return unsuspected
      }
    },
    tallies: () => [...tallies.values()],
  }
}
