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

export async function timed<Value>(promise: Promise<Value>): Promise<{ readonly value: Value; readonly ms: number }> {
  const startedAt = performance.now()
  const value = await promise
  return { value, ms: performance.now() - startedAt }
}
