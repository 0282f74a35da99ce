// Questions about single things, asked together when many want to know at once.

export interface GatheringOptions<Answer> {
  /** Keys that are not in the map have no answer. Rejecting, it rejects for all that it was asked about. */
  readonly ask: (keys: readonly string[], leftMs: number) => Promise<ReadonlyMap<string, Answer>>
  readonly waitMs: number
  readonly mostTogether: number
  /** More than one, so that an answer that does not come holds up only some. */
  readonly mostUnderWay: number
}

interface Waiting<Answer> {
  readonly key: string
  readonly askedAtMs: number
  readonly resolve: (answer: Answer | null) => void
  readonly reject: (reason: unknown) => void
}

/**
 * While few ask, each question goes out at once and alone; what comes while enough are under way waits for one of those
 * and goes out together. `ask` is told what is left of the time of the one who has waited longest. Only for places
 * whose requests may wait for each other's promises, such as a Durable Object.
 */
export function createGathering<Answer>(options: GatheringOptions<Answer>): (key: string) => Promise<Answer | null> {
  const waiting: Waiting<Answer>[] = []
  let underWay = 0

  async function askTogether(): Promise<void> {
    const asking = waiting.splice(0, options.mostTogether)
    const [first] = asking
    if (first === undefined) return
    underWay += 1
    try {
      const leftMs = options.waitMs - (Date.now() - first.askedAtMs)
      const answers = await options.ask([...new Set(asking.map(({ key }) => key))], leftMs)
      for (const { key, resolve } of asking) resolve(answers.get(key) ?? null)
    } catch (error) {
      for (const { reject } of asking) reject(error)
    } finally {
      underWay -= 1
      void askTogether()
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, askedAtMs: Date.now(), resolve, reject })
      if (underWay < options.mostUnderWay) void askTogether()
    })
}
