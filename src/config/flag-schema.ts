// How a switch is written in gateway.config.ts.
import { z } from 'zod'

export const moment = z.iso.datetime({ offset: true, error: 'a time such as "2027-01-31T08:00:00Z"' })

const share = z.strictObject({
  enforcePercent: z.number().int().min(0).max(100).default(100),
  /** Until then it only watches: what is announced begins by itself. */
  since: moment.transform((text) => Date.parse(text)).optional(),
})

/** Of what decides, and may do so without consequences. */
export const flagState = z.union([z.enum(['off', 'shadow', 'enforce']), share], {
  error: '"off", "shadow", "enforce" or { enforcePercent: 0 to 100, since: a time such as "2027-01-31T08:00:00Z" }',
})

/** Of what is offered: there is nothing to watch about a way to sign in that nobody sees. */
export const offerState = z.union([z.enum(['off', 'enforce']), share], {
  error: '"off", "enforce" or { enforcePercent: 0 to 100, since: a time such as "2027-01-31T08:00:00Z" }',
})
