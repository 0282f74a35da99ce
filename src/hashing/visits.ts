// Requests to the site that are under way in this thread: whatever they wait for waits for a whole hash if it comes during
// one, and the request may have waited for one already.

export interface Visit {
  readonly untilMs: number
}

/** Longer than most sites take. Also what becomes of a visit that the platform stopped in the middle. */
const countedMs = 20
const manyForgotten = 1000

const visits = new Set<Visit>()

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
