import type { Exchange } from '../exchange.ts'

/** Waits until so long after the request came: what was done before that leaves no trace in the time an answer takes. */
export async function noSooner({ deps, startedAtMs }: Exchange, afterMs: number): Promise<void> {
  const leftMs = startedAtMs + afterMs - deps.now()
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs))
}
