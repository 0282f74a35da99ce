// One hash at a time in a thread, and between two of them a pause for everything else that runs there.
//
// A hash holds its thread for some 25 ms and cannot be interrupted. Two in a row would make whatever else has come in
// wait for both; the pause lets it through, a request to the site with its answer included. Objects may share a thread,
// with one another or with requests, without a way to tell: hence a mark and a line that belong to the thread, and not to
// an object. A place that is never out of work must not keep the others from theirs: they take turns. All of it is looked
// at again and again instead of being promised, because an object may not wait for what another one is going to do.

import { isShared, isSomebodyUnderWay } from './visits.ts'

const pauseMs = 2
/** What is under way to the site for longer may have to wait for another hash. */
const longestVisitMs = 20
/** Until then others go first, however many: a site under full load still lets people sign in. */
const longestPauseMs = 100
const lookAgainMs = 3
/** Somebody who was stopped in the middle does not clear the mark. */
const longestMs = 1000

/** Somebody in the line. What they wait with may become more urgent meanwhile. */
interface Turn {
  readonly rank: () => number
  seenAtMs: number
}

let takenUntilMs = 0
/** In a thread that only hashes: free as soon as the answer has left, and whoever is next must lose no time. */
let isAnswering = false
let line: readonly Turn[] = []

/** @param rank Asked whenever a turn is given: the lowest goes first, among equals who has waited longest. */
export async function oneAtATime<Result>(rank: () => number, work: () => Promise<Result>): Promise<Result> {
  await takeTurn({ rank, seenAtMs: 0 })
  try {
    return await work()
  } finally {
    if (isShared(Date.now())) await pause()
    else await letAnswerLeave()
    takenUntilMs = 0
  }
}

async function takeTurn(mine: Turn): Promise<void> {
  for (;;) {
    const nowMs = Date.now()
    mine.seenAtMs = nowMs
    // Who was stopped in the middle does not look again, and keeps nobody waiting for longer than a mark would.
    line = line.filter(({ seenAtMs }) => nowMs - seenAtMs < longestMs)
    if (!line.includes(mine)) line = [...line, mine]
    if (nowMs >= takenUntilMs && next() === mine) break
    await wait(isAnswering ? 0 : lookAgainMs)
  }
  line = line.filter((other) => other !== mine)
  // In the same breath: nobody else may look in between.
  takenUntilMs = Date.now() + longestMs
  isAnswering = false
}

/**
 * In a turn of the event loop of its own. Were the next hash begun before that, all places would hash once and answer
 * together, and whoever asked would have several people's work to do at once.
 */
async function letAnswerLeave(): Promise<void> {
  isAnswering = true
  await wait(0)
  isAnswering = false
}

function next(): Turn | undefined {
  return line.reduce<Turn | undefined>((best, other) => {
    return best !== undefined && best.rank() <= other.rank() ? best : other
  }, undefined)
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
