// Bounds that tests state: a promise that must settle in time, and how long something took.

/** Rejects when `promise` has not settled after `ms`. */
export async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing happened within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * What holds for whoever comes later than so many milliseconds from now: asked once, then. Asking in between and giving up
 * at that moment would fail where the machine is slow, and not the gateway.
 */
export async function afterwards<Answer>(ms: number, ask: () => Promise<Answer>): Promise<Answer> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return ask()
}

export async function timed<Value>(promise: Promise<Value>): Promise<{ readonly value: Value; readonly ms: number }> {
  const startedAt = performance.now()
  const value = await promise
  return { value, ms: performance.now() - startedAt }
}

/**
 * The milliseconds of the fastest of a few runs, of which the first that is fast enough is the last. A machine that is
 * busy elsewhere makes some of them slow; work that is slow by itself makes all of them so.
 */
export function fastest(enoughMs: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5 && least >= enoughMs; run += 1) {
    const startedAt = performance.now()
    work()
    least = Math.min(least, performance.now() - startedAt)
  }
  return least
}
