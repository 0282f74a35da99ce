import { setTimeout as sleep } from 'node:timers/promises'
import { reason } from './reason.ts'

/** Resolves once `GET /healthz` answers 200. */
export const healthy = async (url: string, withinMs: number): Promise<void> => {
  const until = performance.now() + withinMs
  let last = 'nothing'
  do {
    try {
      const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(5000) })
      const text = await response.text()
      if (response.status === 200) return
      last = `${response.status} ${text.slice(0, 200).replaceAll(/\s+/g, ' ')}`
    } catch (error) {
      last = reason(error instanceof Error && error.cause !== undefined ? error.cause : error)
    }
    await sleep(50)
  } while (performance.now() < until)
  throw new Error(`The gateway did not get ready: GET /healthz answered ${last}.`)
}
