// What an object keeps of a subject it watches, and what of the findings is news. Pure: load, observe, store.
import { type FlagState, enforces } from '../../kit/flag.ts'
import { type DetectorId, type Finding, type Thresholds, type WatchedKind, detect, detectorIds } from './detectors.ts'
import { type Evidence, type Sighting, summaryOf, windowMs, withSightings } from './evidence.ts'

export type DetectorPolicy = Readonly<
  Record<DetectorId, { readonly state: FlagState; readonly thresholds: Thresholds }>
>

export interface Watched {
  readonly evidence: Evidence
  /** When, and as what, each detector last told of it. */
  readonly told: Readonly<
    Partial<Record<DetectorId, { readonly atMs: number; readonly action: Finding['recommendedAction'] }>>
  >
}

/** Whether a finding restricts; a share of the subjects, always the same ones, where it is rolled out. */
export function isRestricting(
  policy: DetectorPolicy,
  { type }: Finding,
  { key, nowMs }: { readonly key: string; readonly nowMs: number },
): boolean {
  return enforces(policy[type].state, { name: `detector.${type}`, subject: key, nowMs })
}

export const unwatched: Watched = { evidence: [], told: {} }

/** `news`: what was not told within the hour, or is worse now than it was. */
export function observe(
  watched: Watched,
  sightings: readonly Sighting[],
  {
    subject,
    policy,
    nowMs,
  }: { readonly subject: WatchedKind; readonly policy: DetectorPolicy; readonly nowMs: number },
): { readonly watched: Watched; readonly news: readonly Finding[] } {
  const evidence = withSightings(watched.evidence, sightings, nowMs)
  const summary = summaryOf(evidence, nowMs)
  const news = detectorIds.flatMap((type) => {
    const { state, thresholds } = policy[type]
    const finding = state === 'off' ? null : detect(type, summary, { subject, thresholds })
    return finding !== null && isNews(watched, finding, nowMs) ? [finding] : []
  })
  const told = Object.fromEntries(news.map((one) => [one.type, { atMs: nowMs, action: one.recommendedAction }]))
  return { watched: { evidence, told: { ...watched.told, ...told } }, news }
}

function isNews({ told }: Watched, { type, recommendedAction }: Finding, nowMs: number): boolean {
  const last = told[type]
  if (last === undefined || nowMs - last.atMs >= windowMs || nowMs < last.atMs) return true
  return recommendedAction === 'block' && last.action !== 'block'
}

/** What a login from there is told of it. */
export interface Suspicion {
  readonly failures: number
  /** Different accounts among them. */
  readonly accounts: number
  readonly successes: number
  readonly findings: readonly DetectorId[]
}

export const unsuspected: Suspicion = { failures: 0, accounts: 0, successes: 0, findings: [] }

export function suspicionOf({ evidence, told }: Watched, nowMs: number): Suspicion {
  const summary = summaryOf(evidence, nowMs)
  return {
    failures: summary.count('failure', 'unknown'),
    accounts: summary.distinct('failure', 'unknown'),
    successes: summary.count('success'),
    findings: detectorIds.filter((type) => nowMs - (told[type]?.atMs ?? -Infinity) < windowMs),
  }
}
