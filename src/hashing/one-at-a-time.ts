// One hash at a time in a thread, and between two of them a pause for everything else that runs there.
//
// A hash holds its thread for some 25 ms and cannot be interrupted. Two in a row would make whatever else has come in
// wait for both; the pause lets it through, a request to the site with its answer included. It costs a twelfth of the
// hashes. Objects may share a thread, with one another or with requests, without a way to tell: hence a mark that belongs
// to the thread, and not to the object. It is a time and not a promise, because an object may not wait for what another
// one is going to do.

const pauseMs = 2
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
    await wait(pauseMs)
    takenUntilMs = 0
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
