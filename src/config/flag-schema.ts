// How a switch is written in gateway.config.ts.
import { z } from 'zod'

const share = z.strictObject({ enforcePercent: z.number().int().min(0).max(100) })

/** Of what decides, and may do so without consequences. */
export const flagState = z.union([z.enum(['off', 'shadow', 'enforce']), share], {
  error: '"off", "shadow", "enforce" or { enforcePercent: 0 to 100 }',
})

/** Of what is offered: there is nothing to watch about a way to sign in that nobody sees. */
export const offerState = z.union([z.enum(['off', 'enforce']), share], {
  error: '"off", "enforce" or { enforcePercent: 0 to 100 }',
})
