// What a site can say of the threats it watches for: lists of networks, and what being on one means.
import { z } from 'zod'
import { flagState } from './flag-schema.ts'
import { type DetectorId, detectorIds, detectors } from '../threats/detectors/detectors.ts'
import { type ListFormat, listFormats } from '../threats/network-lists/list-formats.ts'
import { type Prefix, parsePrefix } from '../threats/network-lists/prefix.ts'

const percent = z.number().int().min(0).max(100)
const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, such as "tor-exits"')
const kind = z.enum(['threat', 'anonymiser', 'hosting'])
const formats = Object.keys(listFormats) as [ListFormat, ...ListFormat[]]

const network = z.string().transform((text, context): Prefix => {
  const prefix = parsePrefix(text)
  if (prefix !== null) return prefix
  context.addIssue({ code: 'custom', message: 'an address or a network such as "192.0.2.0/24"' })
  return z.NEVER
})

const list = z.strictObject({
  id,
  /** Read from there and nowhere else: a redirect is refused. */
  url: z.url({ protocol: /^https?$/ }),
  kind,
  format: z.enum(formats).default('plain'),
  refreshHours: z.number().min(1).max(720).default(12),
  megabytes: z.number().positive().max(64).default(16),
})

const networkRule = z.strictObject({
  id,
  /** On any list of these kinds. */
  kinds: z.array(kind).min(1),
  paths: z.array(z.string().regex(/^\/[^*?#\s]*(?:\/\*)?$|^\/\*$/, 'a path such as "/admin/*"')).default(['/*']),
  action: z.enum(['block', 'allow']).default('block'),
  state: flagState.default('shadow'),
})

const threshold = z.number().int().min(2).max(1_000_000)

function detector(id: DetectorId) {
  const own = Object.entries<number>(detectors[id].thresholds)
  const shape = Object.fromEntries(own.map(([name, value]) => [name, threshold.default(value)]))
  return z
    .strictObject({
      /** A percentage restricts that part of the subjects. */
      state: flagState.default('shadow'),
      /** All of them have to be reached, within an hour. */
      thresholds: z.strictObject(shape).prefault({}),
    })
    .prefault({})
}

const detectorRows = Object.fromEntries(detectorIds.map((one) => [one, detector(one)])) as Record<
  DetectorId,
  ReturnType<typeof detector>
>

const isUnique = (rows: readonly { readonly id: string }[]): boolean =>
  new Set(rows.map((row) => row.id)).size === rows.length

export const threatsSchema = z
  .strictObject({
    detectors: z.strictObject(detectorRows).prefault({}),
    risk: z
      .strictObject({
        /** A percentage is of the accounts. */
        state: flagState.default('shadow'),
        /** From 0 to 100: above it a second factor is asked for, where there is one. */
        secondFactorAbove: percent.default(50),
        highAbove: percent.default(80),
        /** Of somebody without a second factor. */
        whenHigh: z.enum(['mail', 'refuse']).default('mail'),
      })
      .refine(({ secondFactorAbove, highAbove }) => secondFactorAbove <= highAbove, 'secondFactorAbove up to highAbove')
      .prefault({}),
    lists: z.array(list).max(16).refine(isUnique, 'an id of its own for each').default([]),
    /** What a network is, whatever the lists say of it; no kinds: it is on none. */
    overrides: z
      .array(z.strictObject({ network, kinds: z.array(kind) }))
      .max(1000)
      .default([]),
    /** The first that fits decides. */
    networkRules: z
      .array(networkRule)
      .max(100)
      .refine(isUnique, 'an id of its own for each')
      .default([{ id: 'threats', kinds: ['threat'], paths: ['/*'], action: 'block', state: 'shadow' }]),
  })
  .prefault({})
