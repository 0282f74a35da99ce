// What became of a message that a vendor did not take over, and whether asking again could send it a second time.
import { z } from 'zod'
import { readJson } from '../kit/bounded-answer.ts'

/**
 * `refused`: it will be refused next time too. `later`: it was not sent, and may be next time. `unknown`: nobody knows
 * whether it was sent, as the answer never came.
 */
export type DeliveryOutcome = 'refused' | 'later' | 'unknown'

/** Says what went wrong without a word of the message or its recipient. */
export class DeliveryFault extends Error {
  readonly outcome: DeliveryOutcome
  /** The number that the vendor has for what is wrong, where it answered with one. */
  readonly code: number | null

  constructor(outcome: DeliveryOutcome, message: string, code: number | null = null) {
    super(message)
    this.name = 'DeliveryFault'
    this.outcome = outcome
    this.code = code
  }
}

/** For a message, which nobody waits for. */
const deliveryMs = 5000

/**
 * Asks a vendor, for a bounded time that includes reading the answer. Returns what it answered when it took the message over;
 * throws DeliveryFault otherwise.
 */
export async function askVendor(vendor: string, request: Request, withinMs = deliveryMs): Promise<Response> {
  let response: Response
  try {
    response = await fetch(request, { signal: AbortSignal.timeout(withinMs), redirect: 'manual' })
  } catch (error) {
    throw new DeliveryFault('unknown', `${vendor}: ${error instanceof Error ? error.name : 'no answer'}`)
  }
  if (response.ok) return response
  const code = await codeOf(response)
  throw new DeliveryFault(outcomeOf(response.status), `${vendor} answered ${response.status}`, code)
}

const numbered = z.object({ code: z.number().int() })

async function codeOf(response: Response): Promise<number | null> {
  const body: unknown = await readJson(response).catch(() => null)
  return numbered.safeParse(body).data?.code ?? null
}

/** Only a gateway between here and the vendor can have lost an answer; the vendor itself says what it did not do. */
function outcomeOf(status: number): DeliveryOutcome {
  if (status === 502 || status === 504) return 'unknown'
  return status >= 500 || status === 429 || status === 408 ? 'later' : 'refused'
}
