import { reason } from './reason.ts'

export type Lifetime = {
  /** Registers how to stop what was just started, and hands that through. */
  own: <T extends { stop(): Promise<void> }>(started: T) => T
  /** Stops everything, the youngest first, and ends the process; with a sentence, as a failure. */
  end: (failure?: string) => Promise<never>
  readonly ending: boolean
}

/** What a program of several servers needs so that it always ends as a whole. */
export const createLifetime = (): Lifetime => {
  const owned: { stop(): Promise<void> }[] = []
  let end: Promise<never> | undefined

  const stopAll = async (failure: string | undefined): Promise<never> => {
    if (failure !== undefined) process.stderr.write(`${failure}\n`)
    for (const one of owned.toReversed()) {
      await one.stop().catch((error: unknown) => process.stderr.write(`${reason(error)}\n`))
    }
    process.exit(failure === undefined ? 0 : 1)
  }

  const lifetime: Lifetime = {
    own: (started) => {
      owned.push(started)
      return started
    },
    end: (failure) => (end ??= stopAll(failure)),
    get ending() {
      return end !== undefined
    },
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Who asks again does not want to wait for an orderly end. The children end with this process in any case.
      if (lifetime.ending) process.exit(1)
      void lifetime.end()
    })
  }
  const unexpected = (error: unknown): void => {
    void lifetime.end(reason(error))
  }
  process.on('uncaughtException', unexpected)
  process.on('unhandledRejection', unexpected)
  return lifetime
}

/**
 * Like Promise.all, but only over when all are: what still starts while another fails could not be stopped otherwise.
 */
export const together = async <const T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  const settled = await Promise.allSettled(work)
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  }) as { -readonly [K in keyof T]: Awaited<T[K]> }
}
