const busyMs = 50
const turnMs = 100
const longestTurnMs = 1000

/**
 * Calls when so many milliseconds are over; the function that is returned takes that back. A timer that is late says that
 * this thread was busy, and that what was waited for may have come and wait for its turn: it gets one, as long as the
 * timer had to wait for its own.
 */
export function afterWait(ms: number, isOver: () => void): () => void {
  const dueMs = Date.now() + ms
  let timer = setTimeout(fire, ms)
  function fire(): void {
    const lateMs = Date.now() - dueMs
    // Timers count from a clock of their own: by this one they are early at times, with a rest that is no wait at all.
    if (lateMs < 0) timer = setTimeout(fire, -lateMs)
    else if (lateMs > busyMs) timer = setTimeout(isOver, Math.min(longestTurnMs, Math.max(turnMs, lateMs)))
    else isOver()
  }
  return () => clearTimeout(timer)
}

/** What is not answered in time is answered by nobody: rejects with `lateness` then. The question itself goes on. */
export async function inTime<Answer>(ms: number, lateness: string, ask: () => Promise<Answer>): Promise<Answer> {
  let done = (): void => {}
  const tooLate = new Promise<never>((_, refuse) => {
    done = afterWait(ms, () => refuse(new Error(lateness)))
  })
  try {
    return await Promise.race([ask(), tooLate])
  } finally {
    done()
  }
}
