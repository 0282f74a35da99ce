// One hash at a time in a thread, and between two of them a pause for everything else that runs there.
//
// A hash holds its thread for some 25 ms and cannot be interrupted. Two in a row would make whatever else has come in
// wait for both; the pause lets it through, a request to the site with its answer included. Objects may share a thread,
// with one another or with requests, without a way to tell: hence a mark that belongs to the thread, and not to the
// object. It is a time and not a promise, because an object may not wait for what another one is going to do.

import { isShared, isSomebodyUnderWay } from './visits.ts'

const pauseMs = 2
/** What is under way to the site for longer may have to wait for another hash. */
const longestVisitMs = 20
/** Until then others go first, however many: a site under full load still lets people sign in. */
const longestPauseMs = 100
const lookAgainMs = 3
/** Somebody who was stopped in the middle does not clear the mark. */
const longestMs = 1000

let takenUntilMs = 0

export async function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
  while (Date.now() < takenUntilMs) await wait(lookAgainMs)
  takenUntilMs = Date.now() + longestMs
  try {
    return await work()
  } finally {
    await (isShared(Date.now()) ? pause() : wait(0))
    takenUntilMs = 0
  }
}

/**
 * Ends when a timer is on time again, as one that is late had others before it and more may have come behind them; and when
 * nobody is under way to the site.
 */
async function pause(): Promise<void> {
  const startedMs = Date.now()
  for (let fromMs = startedMs; fromMs - startedMs < longestPauseMs;) {
    await wait(pauseMs)
    const nowMs = Date.now()
    // Clocks here count whole milliseconds.
    const isQuiet = nowMs - fromMs <= pauseMs + 1
    if (isQuiet && (nowMs - startedMs >= longestVisitMs || !isSomebodyUnderWay(nowMs))) return
    fromMs = nowMs
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
