// Steps on the way to what a test is about.

const mostTries = 6
const pauseMs = 1000

/**
 * Whoever is told to come again does, as what ran before may have left the gateway a line of work. The answer, once it is the
 * one that is wanted; throws for any other.
 */
export async function prepared(what: string, wanted: number, ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask()
    if (answer.status === wanted) return answer
    if (answer.status !== 503 || tries === mostTries)
      throw new Error(`${what} answered ${answer.status} ${await answer.text()}`)
    await answer.body?.cancel()
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
