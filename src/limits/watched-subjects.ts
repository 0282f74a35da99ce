// The evidence of an object's subjects: in memory, and in its storage once it is enough for a restart to matter.
import { BoundedMap } from '../kit/bounded-map.ts'
import type { Finding, WatchedKind } from '../threats/detectors/detectors.ts'
import { type Sighting, summaryOf, windowMs } from '../threats/detectors/evidence.ts'
import {
  type DetectorPolicy,
  type Suspicion,
  type Watched,
  observe,
  suspicionOf,
  unwatched,
} from '../threats/detectors/watched.ts'
import type { KeptStates } from './kept-states.ts'

/** The part of the limit object that the worker calls. */
export interface WatchShard {
  /** What is news of the subject then; where a detector is enforced, its rules restrict the subject from now on. */
  sighted(subject: WatchedSubject, sightings: readonly Sighting[], policy: DetectorPolicy): Promise<readonly Finding[]>
  suspicion(key: string): Promise<Suspicion>
}

export interface WatchedSubject {
  readonly kind: WatchedKind
  /** As limits know it. */
  readonly key: string
}

const subjectsKept = 10_000
/** A flood must not write by the attempt: what a restart forgets of it is made up for by what goes on. */
const writtenEveryMs = 5000
/** Somebody who mistypes leaves nothing to write. */
const worthKeeping = 8

export class WatchedSubjects {
  readonly #watched = new BoundedMap<string, Watched>(subjectsKept)
  readonly #writtenAtMs = new BoundedMap<string, number>(subjectsKept)
  readonly #kept: KeptStates

  constructor(kept: KeptStates) {
    this.#kept = kept
  }

  see({ kind, key }: WatchedSubject, sightings: readonly Sighting[], policy: DetectorPolicy): readonly Finding[] {
    const nowMs = Date.now()
    const before = this.#load(key)
    const { watched, news } = observe(before, sightings, { subject: kind, policy, nowMs })
    this.#watched.set(key, watched)
    const summary = summaryOf(watched.evidence, nowMs)
    const isWorth = summary.count('failure', 'unknown', 'asked', 'sent', 'refused') >= worthKeeping
    if (isWorth && (news.length > 0 || this.#isWriteDue(key, nowMs))) {
      this.#kept.set(storedAs(key), watched, nowMs + windowMs)
      this.#writtenAtMs.set(key, nowMs)
    }
    return news
  }

  #isWriteDue(key: string, nowMs: number): boolean {
    const sinceMs = nowMs - (this.#writtenAtMs.get(key) ?? Number.NEGATIVE_INFINITY)
    // A clock that was set back must not put it off.
    return sinceMs >= writtenEveryMs || sinceMs < 0
  }

  suspicion(key: string): Suspicion {
    return suspicionOf(this.#load(key), Date.now())
  }

  #load(key: string): Watched {
    // Validated by having been written here.
    return this.#watched.get(key) ?? (this.#kept.get(storedAs(key)) as Watched | null) ?? unwatched
  }
}

/** No rule has such an id; see the keys of counters. */
function storedAs(key: string): string {
  return JSON.stringify(['watched', key])
}
