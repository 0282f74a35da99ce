// Who else uses this thread. Requests to the site that are under way: whatever they wait for waits for a whole hash if it
// comes during one, and the request may have waited for one already. And whether there are requests here at all.

export interface Visit {
  readonly untilMs: number
}

/** Longer than most sites take. Also what becomes of a visit that the platform stopped in the middle. */
const countedMs = 20
const manyForgotten = 1000

/** For so long after a request more may come. */
const sharedForMs = 1000

const visits = new Set<Visit>()
let sharedUntilMs = 0

export function noteRequest(nowMs: number): void {
  sharedUntilMs = nowMs + sharedForMs
}

/** False in a thread that only hashes. */
export function isShared(nowMs: number): boolean {
  return nowMs < sharedUntilMs
}

export function beginVisit(nowMs: number): Visit {
  if (visits.size >= manyForgotten) forgetOld(nowMs)
  const visit = { untilMs: nowMs + countedMs }
  visits.add(visit)
  return visit
}

export function endVisit(visit: Visit): void {
  visits.delete(visit)
}

export function isSomebodyUnderWay(nowMs: number): boolean {
  forgetOld(nowMs)
  return visits.size > 0
}

function forgetOld(nowMs: number): void {
  for (const visit of visits) if (visit.untilMs <= nowMs) visits.delete(visit)
}
