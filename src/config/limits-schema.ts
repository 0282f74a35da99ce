// What a site can say of its limits. The rules and their numbers stand in limits/rules.ts, here only what may be said otherwise.
import { z } from 'zod'
import { flagState } from './flag-schema.ts'
import { type LimitRuleId, limitRuleIds } from '../limits/rules.ts'

const ruleOverride = z
  .strictObject({
    limit: z.number().int().min(1).max(100_000_000).optional(),
    windowS: z.number().int().min(1).max(86_400).optional(),
    /** Units an attempt costs. */
    cost: z.number().int().min(1).max(1000).optional(),
    /** A refused attempt counts too: whoever goes on trying stays out. */
    countsRefused: z.boolean().optional(),
    /** `shadow` counts and keeps nobody out; a percentage keeps out that part of the subjects. */
    state: flagState.optional(),
    /** What happens while the counter cannot be asked. */
    unreachable: z.enum(['open', 'closed']).optional(),
    /** What meets an attempt beyond the limit. */
    response: z.enum(['refuse', 'captcha', 'delay']).optional(),
  })
  .refine(({ cost = 1, limit = cost }) => cost <= limit, 'a cost that the limit has room for')

const overrides = Object.fromEntries(limitRuleIds.map((id) => [id, ruleOverride.optional()])) as Record<
  LimitRuleId,
  z.ZodOptional<typeof ruleOverride>
>

export const limitsSchema = z
  .strictObject({
    /** Objects that count, in each place. */
    shards: z.number().int().min(1).max(4096).default(64),
    /** The part of an IPv6 address that is one client. */
    ipv6Prefix: z.number().int().min(32).max(128).default(64),
    /** Besides the gateway's own API, what the rule `api` counts: exact, or a prefix that ends in `/*`. */
    apiPaths: z.array(z.string().regex(/^\/[^*?#\s]*(?:\/\*)?$/, 'a path such as "/api/*"')).default(['/api/*']),
    rules: z.strictObject(overrides).default({}),
    lockout: z
      .strictObject({
        state: flagState.default('enforce'),
        /** What somebody on an unknown device meets while the account is locked; a captcha gives as many guesses again. */
        response: z.enum(['refuse', 'captcha']).default('refuse'),
        /** Wrong guesses that lock an account. */
        failures: z.number().int().min(1).max(100).default(5),
        firstMinutes: z.number().positive().max(1440).default(15),
        longestHours: z.number().positive().max(168).default(24),
        forgivenAfterHours: z.number().positive().max(168).default(24),
        /** How long a device on which somebody signed in counts its guesses apart from everybody else's. */
        knownDeviceDays: z.number().positive().max(400).default(180),
      })
      .prefault({}),
  })
  .prefault({})
